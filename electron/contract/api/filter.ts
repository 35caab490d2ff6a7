import { z } from 'zod'
import { rectSchema } from '../slides/slide.ts'
import { polygonSchema } from './state.ts'

/**
 * Nuclei by what holds for all of them; whatever is left out does not matter. Places go by the centre of the box. Nuclei where
 * a person took the tissue out are named by nothing but `tissue: false`.
 */
export const nucleusFilterSchema = z.object({
  rect: rectSchema.optional(),
  /** A lasso. */
  polygon: polygonSchema.optional(),
  /** A brush's way, x, y, … in level-0 pixels, and how far from it a centre may lie. */
  stroke: z
    .object({
      path: z
        .array(z.number())
        .min(2)
        .max(20_000)
        .refine((points) => points.length % 2 === 0, 'must hold x and y of each point'),
      radius: z.number().positive(),
    })
    .optional(),
  /** A region of interest. */
  regionId: z.number().int().optional(),
  /** Whether it lies in the tissue: as found, with what people added and without what they took out. */
  tissue: z.boolean().optional(),
  /** Shown classes. */
  classIds: z.array(z.number().int()).optional(),
  /** Whether a person has labelled it. */
  labelled: z.boolean().optional(),
  /** Probability of the predicted class, 0 … 1. */
  confidence: z.object({ from: z.number().min(0), to: z.number().max(1) }).optional(),
})
export type NucleusFilter = z.infer<typeof nucleusFilterSchema>
