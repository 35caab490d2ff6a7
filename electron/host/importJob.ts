import { basename } from 'node:path'
import { unwrap, type ClassifiedNuclei } from '../contract/index.ts'
import { readAnnotations } from '../formats/index.ts'
import { slideChanged, type Bench } from './bench.ts'
import type { JobWork } from './jobQueue.ts'

/** Brings in nuclei from another tool's file; with `asLabels` their classes become one undoable step of the log. */
export function importWork(bench: Bench, slideId: number, path: string, asLabels: boolean, reader: string): JobWork {
  return async () => {
    const { project } = bench
    const { info } = project.slides.get(slideId)
    const { classified, skipped } = unwrap(await readAnnotations(path, info))
    const labels = project.transact(() => {
      const ids = project.mergeImport(slideId, classified.nuclei)
      return asLabels ? importLabels(bench, slideId, classified, ids, `Labels from ${basename(path)}`, reader) : 0
    })
    slideChanged(bench, slideId)
    const n = (count: number) => count.toLocaleString('en')
    const left = skipped.map(({ count, reason }) => `${n(count)} ${reason}`).join('; ')
    return (
      `${n(classified.nuclei.count)} nuclei imported${asLabels ? `, ${n(labels)} with a label` : ''}.` +
      (left ? ` Left out: ${left}.` : '')
    )
  }
}

/** Where the file says which classes are a human's, only those become labels: a prediction is never taken for one. */
function importLabels(
  { project }: Bench,
  slideId: number,
  { classes, classIndex, labelled }: ClassifiedNuclei,
  ids: Uint32Array,
  title: string,
  reader: string,
): number {
  const positions = Uint32Array.from(ids.keys()).filter((i) => classIndex[i] >= 0 && (labelled ? labelled[i] : true))
  if (positions.length === 0) return 0
  const own = project.classes.ensure(classes)
  project.labels.label({
    slideId,
    reader,
    title,
    ids: positions.map((i) => ids[i]),
    classId: Uint16Array.from(positions, (i) => own[classIndex[i]].id),
  })
  return positions.length
}
