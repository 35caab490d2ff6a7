import { z } from 'zod'

/** Which nuclei of a slide are reviewed, and in which order. */
export const reviewOrderSchema = z.discriminatedUnion('kind', [
  /**
   * By shown class, the most confident first; answers that are not classes come last. With classId: only that class or
   * answer.
   */
  z.object({ kind: z.literal('class'), classId: z.number().int().optional() }),
  /** By the margin between the two most probable classes, smallest first; what the model calls uncertain before the rest. */
  z.object({ kind: z.literal('uncertain') }),
  /** Labelled nuclei that the model predicts otherwise, those first for which it is most confident. */
  z.object({ kind: z.literal('disagreement') }),
  /** The nuclei most similar to a chosen one, by their tokens. */
  z.object({ kind: z.literal('alike'), nucleusId: z.number().int() }),
  /** A working list from several tiers (sampleQueue.ts). */
  z.object({ kind: z.literal('queue'), size: z.number().int().min(1).max(2000) }),
  /** Nuclei whose class a run changes from one to another, those first for which it is most confident. */
  z.object({
    kind: z.literal('flips'),
    runId: z.number().int(),
    fromClass: z.number().int(),
    toClass: z.number().int(),
  }),
  /** Labelled nuclei that a run predicts otherwise, those first for which it is most confident. */
  z.object({ kind: z.literal('against'), runId: z.number().int() }),
  /** Nuclei on which two readers differ, without showing who gave which class. */
  z.object({ kind: z.literal('disputed'), first: z.string(), second: z.string() }),
])
export type ReviewOrder = z.infer<typeof reviewOrderSchema>

/** One nucleus of a list. */
export const reviewItemSchema = z.object({
  id: z.number().int(),
  /** Level-0 pixels. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Shown class. For a nucleus under a second look: the predicted class. */
  classId: z.number().int(),
  /** Predicted class; 0 without a prediction. */
  predictedClassId: z.number().int(),
  /** Probability of the predicted class, 0 … 1. */
  p: z.number(),
  /** True if labelled. A nucleus under a second look counts as unlabelled until that is answered. */
  labelled: z.boolean(),
  /** True while a second look is not answered yet. The page draws the nucleus like any other unlabelled one. */
  secondLook: z.boolean(),
  /** The two disputed classes, in an order that reveals nothing about the readers. */
  said: z.tuple([z.number().int(), z.number().int()]).optional(),
})
export type ReviewItem = z.infer<typeof reviewItemSchema>

/** How many nuclei of a class there are. */
export const classCountSchema = z.object({
  classId: z.number().int(),
  nuclei: z.number().int(),
  labelled: z.number().int(),
  /** Nuclei without a label of whose class the model is not sure. */
  uncertain: z.number().int(),
})

/** How much of a slide people have labelled. */
export const coverageSchema = z.object({
  nuclei: z.number().int(),
  labelled: z.number().int(),
  byClass: z.array(classCountSchema),
  /** Labels that the current reader gave a second time without knowing it, and how many of them were the same. */
  secondLooks: z.object({ nuclei: z.number().int(), same: z.number().int() }),
})
export type Coverage = z.infer<typeof coverageSchema>

/** Reasons logged with labels from a review. */
export const reviewReasons = { queue: 'queue', secondLook: 'second look', adjudicated: 'adjudicated' } as const
