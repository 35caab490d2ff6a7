import { z } from 'zod'
import { rectSchema } from './slide.ts'
import { polygonSchema } from './state.ts'

/** Nuclei by what holds for all of them; whatever is left out does not matter. Places go by the centre of the box. */
export const nucleusFilterSchema = z.object({
  rect: rectSchema.optional(),
  /** A lasso. */
  polygon: polygonSchema.optional(),
  /** A region of interest. */
  regionId: z.number().int().optional(),
  /** Shown classes. */
  classIds: z.array(z.number().int()).optional(),
  /** Whether a person has labelled it. */
  labelled: z.boolean().optional(),
  /** Probability of the predicted class, 0 … 1. */
  confidence: z.object({ from: z.number().min(0), to: z.number().max(1) }).optional(),
})
export type NucleusFilter = z.infer<typeof nucleusFilterSchema>
