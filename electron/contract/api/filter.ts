import { z } from 'zod'
import { rectSchema } from '../slides/slide.ts'
import { polygonSchema } from './state.ts'

/**
 * Selects the nuclei that meet all given conditions; absent ones do not matter. The position of a nucleus is the centre
 * of its box. Nuclei where a person took the tissue out are selected only by `tissue: false`.
 */
export const nucleusFilterSchema = z.object({
  rect: rectSchema.optional(),
  /** A lasso. */
  polygon: polygonSchema.optional(),
  /** The path of a brush, x, y, … in level-0 pixels, and the largest distance of a centre from it. */
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
  /** Whether it lies in the tissue: the found tissue plus the areas people added, minus those they took out. */
  tissue: z.boolean().optional(),
  /** Shown classes. */
  classIds: z.array(z.number().int()).optional(),
  /** Whether a person has labelled it. */
  labelled: z.boolean().optional(),
  /** Whether the model is unsure of its class, which no person gave. */
  uncertain: z.boolean().optional(),
  /** Probability of the predicted class, 0 … 1. */
  confidence: z.object({ from: z.number().min(0), to: z.number().max(1) }).optional(),
})
export type NucleusFilter = z.infer<typeof nucleusFilterSchema>
