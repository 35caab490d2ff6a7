import type { Model } from '../../../electron/contract/index.ts'

/** Returns the model that this one was trained from, or null if it is the first of its line. */
export const parentOf = (model: Model, models: readonly Model[]): Model | null =>
  models.find((m) => m.id === model.lineage.at(-1)) ?? null

/** Sorts models newest first, with the built-in ones last. */
export const inOrder = (models: readonly Model[]): Model[] =>
  [...models].sort((a, b) => Number(a.builtIn) - Number(b.builtIn) || b.created.localeCompare(a.created))
