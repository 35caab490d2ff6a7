import { z } from 'zod'
import type { Project } from '../../store/index.ts'

/**
 * Runs of newly trained models that wait for a person's decision. They are complete but not shown: nobody's slide
 * changes its classes before the person has seen what would change. Kept in the project.
 */
const idsSchema = z.array(z.number().int())

const all = (project: Project): number[] => idsSchema.parse(JSON.parse(project.settings.get('proposedRuns') ?? '[]'))
const keep = (project: Project, ids: readonly number[]) => project.settings.set('proposedRuns', JSON.stringify(ids))

/** Returns the run that waits for a decision about a slide, or null. */
export const proposalOf = (project: Project, slideId: number): number | null =>
  all(project).find((id) => project.runs.get(id).slideId === slideId) ?? null

/** Makes a complete run wait for a decision, in place of an earlier one of its slide. */
export function propose(project: Project, runId: number): void {
  const { slideId } = project.runs.get(runId)
  keep(project, [...all(project).filter((id) => project.runs.get(id).slideId !== slideId), runId])
}

/** Ends the wait for a decision about a run. */
export function forgetProposal(project: Project, runId: number): void {
  const waiting = all(project)
  if (waiting.includes(runId))
    keep(
      project,
      waiting.filter((id) => id !== runId),
    )
}
