import { createHash } from 'node:crypto'
import type { Project } from '../../electron/store/index.ts'

/** Everything a project can tell, as one hash: equal where nothing was lost or changed. */
export function contentOf(project: Project): string {
  const hash = createHash('sha256')
  const take = (...values: unknown[]) => {
    for (const value of values)
      if (ArrayBuffer.isView(value)) hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      else hash.update(JSON.stringify(value ?? null))
  }
  for (const slide of project.slides.all()) {
    const { nucleiVersion, ...rest } = slide
    take(rest, nucleiVersion > 0)
    const nuclei = project.nuclei.of(slide.id)
    const heads = project.nuclei.heads(slide.id)
    take(nuclei.id, nuclei.box, nuclei.outline, nuclei.outlineStart, nuclei.source, heads.since)
    take(project.labels.labelsOf(nuclei.id), project.acceptance.shownRuns(slide.id))
    for (const { runId, ids } of project.acceptance.partialRuns(slide.id)) take(runId, ids)
    for (const run of project.runs.all().filter((r) => r.slideId === slide.id)) {
      const { known, probabilities } = project.runs.predictions(run.id, heads)
      take(run, known, probabilities)
    }
  }
  take(project.classes.all(), project.regions.all(), project.models.all(), project.settings.get('reader'))
  const steps = project.log.steps(1_000_000)
  take(steps)
  for (const { id } of steps) {
    const { labels, outlines, ...rest } = project.log.changesOf(id)
    take(rest, labels?.ids, labels?.before, labels?.after, outlines?.ids, outlines?.after.state)
    take(outlines?.before.outlines.nuclei.outline, outlines?.after.outlines.nuclei.outline)
  }
  for (const reading of project.readings.all()) {
    const { ids, labels } = project.readings.labels(reading.id)
    take(reading, ids, labels)
  }
  return hash.digest('hex')
}
