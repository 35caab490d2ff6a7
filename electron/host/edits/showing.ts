import type { ProjectContext } from '../state/context.ts'

/**
 * Shows the run that speaks of most nuclei of a slide, the one shown now where none speaks of more. After nuclei went or
 * came back by undo or redo: a run that was made for them may not be the one that spoke when they were found.
 */
export function showMostSpoken({ project }: ProjectContext, slideId: number): void {
  const heads = project.nuclei.heads(slideId)
  const { runId: shown } = project.acceptance.speaking(slideId)
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
