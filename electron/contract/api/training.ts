import { z } from 'zod'
import { messageSchema } from '../messages/messageSchema.ts'

/**
 * Which labels a training does not learn from, so that its model can be judged by them: what Karyon chooses, whole slides
 * that the user chooses, or none.
 */
export const holdOutSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('auto') }),
  z.object({ kind: z.literal('slides'), slideIds: z.array(z.number().int()).min(1) }),
  z.object({ kind: z.literal('none') }),
])
export type HoldOut = z.infer<typeof holdOutSchema>

/** What a training would learn from and what it would hold out, before it is started. */
export const trainingPlanSchema = z.object({
  /** Slides with labels, and the number of labels of each class on each. */
  slides: z.array(
    z.object({
      slideId: z.number().int(),
      classes: z.array(z.object({ classId: z.number().int(), labels: z.number().int(), heldOut: z.number().int() })),
    }),
  ),
  learned: z.number().int(),
  heldOut: z.number().int(),
  /** Labels that are neither learned from nor held out: the model that training starts from has learned from them before. */
  leftOut: z.number().int(),
  /** What is held out, and why. */
  what: messageSchema,
  /** What to label so that more can be said of the new model. */
  advice: z.array(messageSchema),
})
export type TrainingPlan = z.infer<typeof trainingPlanSchema>

const scoredSchema = z.object({ mean: z.number(), low: z.number(), high: z.number() })
const modelScoreSchema = z.object({
  /** [class by the person, class by the model] */
  confusion: z.array(z.number()),
  accuracy: scoredSchema.nullable(),
  f1: z.array(scoredSchema.nullable()),
})
/** How far a trained model, and the one it was trained from, agree with labels that neither has learned from. */
export const heldOutRecordSchema = z.object({
  /** What was held out. */
  what: messageSchema,
  /** Names of the project's classes when it was trained, in the order of the confusion's rows. */
  classes: z.array(z.string()),
  labels: z.number().int(),
  blocks: z.number().int(),
  before: modelScoreSchema.nullable(),
  after: modelScoreSchema,
  gain: scoredSchema.nullable(),
})
export type HeldOutRecord = z.infer<typeof heldOutRecordSchema>
