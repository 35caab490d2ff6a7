import type { Model } from '../../../electron/contract/index.ts'

/** The model this one was trained from, or null for the first of its line. */
export const parentOf = (model: Model, models: readonly Model[]): Model | null =>
  models.find((m) => m.id === model.lineage.at(-1)) ?? null

/** Newest first; the built-in ones last. */
export const inOrder = (models: readonly Model[]): Model[] =>
  [...models].sort((a, b) => Number(a.builtIn) - Number(b.builtIn) || b.created.localeCompare(a.created))
