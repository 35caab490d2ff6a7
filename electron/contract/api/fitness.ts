import { z } from 'zod'
import { messageSchema } from '../messages/messageSchema.ts'

/** What speaks against finding or classifying nuclei on a slide, each with what to do about it; empty: nothing. */
export const slideFitnessSchema = z.object({
  misfits: z.array(z.object({ finding: messageSchema, advice: messageSchema })),
})
export type SlideFitness = z.infer<typeof slideFitnessSchema>
