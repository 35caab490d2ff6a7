import { basename } from 'node:path'
import { type Message, message } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { MergeResult } from './mergeWorker.ts'
import { mergeInThread } from './mergeJob.ts'

/**
 * Imports nuclei from another tool's file as one undoable step. With `asLabels`, their classes become a second step.
 */
export function importWork(
  context: ProjectContext,
  slideId: number,
  path: string,
  asLabels: boolean,
  reader: string,
): JobWork {
  return async ({ signal }) => {
    const { project } = context
    const { width, height } = project.slides.get(slideId).info
    const file = basename(path)
    let labels = 0
    const wanted = { kind: 'import', path, size: { width, height } } as const
    const step = {
      reader,
      title: () => message('stepImported', { file }),
      count: (result: MergeResult) => result.ids.length,
      // The file does not say where the other tool searched, so the whole slide counts as searched.
      searched: null,
    }
    const { ids, skipped } = await mergeInThread(context, slideId, wanted, signal, step, (result) => {
      labels = asLabels ? importLabels(context, slideId, result, message('stepImportedLabels', { file }), reader) : 0
    })
    return message('imported', { nuclei: ids.length, labels: asLabels ? labels : null, left: skipped })
  }
}

/** If the file says which classes a human gave, only those become labels. A prediction is never taken for a label. */
function importLabels(
  { project }: ProjectContext,
  slideId: number,
  { ids, imported }: MergeResult,
  title: Message,
  reader: string,
): number {
  if (!imported) return 0
  const { classes, classIndex, labelled } = imported
  const positions = Uint32Array.from(ids.keys()).filter((i) => classIndex[i] >= 0 && (labelled ? labelled[i] : true))
  if (positions.length === 0) return 0
  const own = project.classes.getOrAdd(classes)
  project.label({
    slideId,
    reader,
    title,
    ids: positions.map((i) => ids[i]),
    classId: Uint16Array.from(positions, (i) => own[classIndex[i]].id),
  })
  return positions.length
}
