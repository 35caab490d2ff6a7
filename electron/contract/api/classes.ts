import { z } from 'zod'

/** One class of a project's scheme. Ids are stable within a project and never reused for another class. */
export const nucleusClassSchema = z.object({
  id: z.number().int().min(1).max(65_000),
  name: z.string().min(1),
  /** #rrggbb */
  color: z.string().regex(/^#[0-9a-f]{6}$/i),
  /** Keyboard key that assigns this class: a digit or lower-case letter; empty if all 36 were taken. */
  key: z.string().regex(/^[\p{Ll}\p{Lo}\d]?$/u),
})
export type NucleusClass = z.infer<typeof nucleusClassSchema>

/** What still uses a class. It can be removed if all are 0. */
export const classUsesSchema = z.object({
  /** Nuclei labelled with this class, on all slides. */
  labels: z.number().int(),
  /** Steps of the history with such labels that undo or redo could bring back. */
  steps: z.number().int(),
  /** Runs that contain this class. */
  runs: z.number().int(),
})
export type ClassUses = z.infer<typeof classUsesSchema>

/** Class id of a nucleus that neither a model nor a human has classified. */
export const unclassified = 0

/** Labels that are not classes of the scheme: a person's other answers. Training and reports leave such nuclei out. */
export const answers = { notSure: 65_534, badOutline: 65_533 } as const

/**
 * Colours in the order in which new classes get them: the seven of Okabe & Ito (2008), then a brown that red-blind and
 * green-blind people can also tell from them. Okabe & Ito's black is kept for "unclassified" in light themes.
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
