import { z } from 'zod'

/** One class of a project's scheme. Ids are stable within a project and never used again for another class. */
export const nucleusClassSchema = z.object({
  id: z.number().int().min(1).max(65_000),
  name: z.string().min(1),
  /** #rrggbb */
  color: z.string().regex(/^#[0-9a-f]{6}$/i),
  /** Key that gives this class: a digit or a letter, in lower case; empty where all 36 were taken. */
  key: z.string().regex(/^[\p{Ll}\p{Lo}\d]?$/u),
})
export type NucleusClass = z.infer<typeof nucleusClassSchema>

/** What holds a class in the scheme; all 0: it may be removed. */
export const classUsesSchema = z.object({
  /** Nuclei that people gave it, on all slides. */
  labels: z.number().int(),
  /** Steps of the history with such labels, that undo or redo could bring back. */
  steps: z.number().int(),
  /** Classifications by models that speak of it. */
  runs: z.number().int(),
})
export type ClassUses = z.infer<typeof classUsesSchema>

/** Class id of a nucleus that nobody, no model and no human, has classified. */
export const unclassified = 0

/** Labels that are no class of the scheme: a person looked and says so. Training and reports leave such nuclei out. */
export const answers = { notSure: 65_534, badOutline: 65_533 } as const

/**
 * The order in which classes take their colours: the seven of Okabe & Ito (2008), then a brown that stays apart from them
 * for the red-blind and the green-blind too. Their black is left to "unclassified" in light themes.
 */
export const classColours = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#8a3b12',
] as const
