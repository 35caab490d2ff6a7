import { z } from 'zod'

/** How a nucleus is classified with what lies around it, and without. */
export const surroundingsSchema = z.object({
  modelTitle: z.string(),
  /** Probabilities, 0 … 1; each of the two adds up to 1. classId 0: the project has no such class (yet). */
  classes: z.array(z.object({ name: z.string(), classId: z.number().int(), together: z.number(), alone: z.number() })),
})
export type Surroundings = z.infer<typeof surroundingsSchema>

/** The labelled nuclei most like one by their tokens, on any slide of the project, the most similar first. */
export const nearestLabelsSchema = z.object({
  /** Labels compared, and labels on slides without cached tokens. */
  of: z.number().int(),
  without: z.number().int(),
  nearest: z.array(
    z.object({
      slideId: z.number().int(),
      nucleusId: z.number().int(),
      /** Level-0 pixels. */
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      /** The label. */
      classId: z.number().int(),
      /** Cosine of the tokens, −1 … 1. */
      likeness: z.number(),
    }),
  ),
})
export type NearestLabels = z.infer<typeof nearestLabelsSchema>
