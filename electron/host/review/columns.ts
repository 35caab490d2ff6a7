import { probabilityUnit } from '../../store/index.ts'
import type { ProjectContext } from '../state/context.ts'
import type { QueueColumns } from './sampleQueue.ts'

/** Returns, for each nucleus of a slide, its two most probable classes with their probabilities, and its label. */
export function reviewColumns({ project, views, tissue }: ProjectContext, slideId: number): Omit<QueueColumns, 'own'> {
  project.slides.get(slideId)
  const { count, id } = project.nuclei.heads(slideId)
  const predictions = views.predictions(slideId)
  const columns = {
    count,
    first: new Uint16Array(count),
    second: new Uint16Array(count),
    p1: new Uint16Array(count),
    p2: new Uint16Array(count),
    uncertain: new Uint8Array(count),
    label: project.labels.labelsOf(id),
    outside: tissue.outside(slideId).column,
  }
  if (!predictions) return columns
  const { classIds, known, probabilities, certainFrom } = predictions
  const n = classIds.length
  for (let i = 0; i < count; i++) {
    if (!known[i]) continue
    let [best, next] = [-1, -1]
    for (let c = 0; c < n; c++) {
      const p = probabilities[i * n + c]
      if (best < 0 || p > probabilities[i * n + best]) [best, next] = [c, best]
      else if (next < 0 || p > probabilities[i * n + next]) next = c
    }
    columns.first[i] = classIds[best]
    columns.p1[i] = probabilities[i * n + best]
    columns.uncertain[i] = columns.p1[i] < certainFrom[i] ? 1 : 0
    if (next < 0) continue
    columns.second[i] = classIds[next]
    columns.p2[i] = probabilities[i * n + next]
  }
  return columns
}

/** Returns a stored probability as a fraction. */
export const fraction = (p: number): number => p / probabilityUnit
