import type { ProjectContext } from '../state/context.ts'

/**
 * Shows the run with predictions for the most nuclei of a slide. Keeps the current run unless another has more. Call
 * this after undo or redo removed or restored nuclei: the run made for those nuclei may not be the run shown now.
 */
export function showMostSpoken({ project }: ProjectContext, slideId: number): void {
  const heads = project.nuclei.heads(slideId)
  const { runId: shown } = project.acceptance.shownRuns(slideId)
  const spoken = (runId: number) => project.runs.predictions(runId, heads).known.reduce((sum, known) => sum + known, 0)
  let best = { runId: shown, spoken: shown === null ? 0 : spoken(shown) }
  const others = project.runs.all().filter((run) => run.slideId === slideId && run.id !== shown)
  for (const { id } of others.reverse()) {
    if (best.spoken === heads.count) break
    const count = spoken(id)
    if (count > best.spoken) best = { runId: id, spoken: count }
  }
  if (best.runId !== shown) project.slides.show(slideId, best.runId)
}
