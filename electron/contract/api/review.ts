import { z } from 'zod'

/** Which nuclei of a slide are looked through, and in which order. */
export const reviewOrderSchema = z.discriminatedUnion('kind', [
  /** By shown class, the surest first, answers that are none after the classes; of one class or answer alone. */
  z.object({ kind: z.literal('class'), classId: z.number().int().optional() }),
  /** Those first between whose two likeliest classes the model wavers most. */
  z.object({ kind: z.literal('uncertain') }),
  /** Labelled nuclei of which the model says something else, those first of which it is surest. */
  z.object({ kind: z.literal('disagreement') }),
  /** The nuclei most like one, by their tokens. */
  z.object({ kind: z.literal('alike'), nucleusId: z.number().int() }),
  /** A working list from several tiers (sampleQueue.ts). */
  z.object({ kind: z.literal('queue'), size: z.number().int().min(1).max(2000) }),
  /** Nuclei on which two readers differ, without saying who said what. */
  z.object({ kind: z.literal('disputed'), first: z.string(), second: z.string() }),
])
export type ReviewOrder = z.infer<typeof reviewOrderSchema>

/** One nucleus of a list. */
export const reviewItemSchema = z.object({
  id: z.number().int(),
  /** Level-0 pixels. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Shown class; of a nucleus that is served for a second look, what the model says. */
  classId: z.number().int(),
  /** What the model says; 0 where it says nothing. */
  predictedClassId: z.number().int(),
  /** Of the predicted class, 0 … 1. */
  p: z.number(),
  /** Labelled; a second look counts as unlabelled until it is answered. */
  labelled: z.boolean(),
  /** Served for a second look and not answered yet: the page draws it as any other unlabelled one. */
  secondLook: z.boolean(),
  /** The two classes under dispute, in an order that tells nothing. */
  said: z.tuple([z.number().int(), z.number().int()]).optional(),
})
export type ReviewItem = z.infer<typeof reviewItemSchema>

/** How much of a slide people have seen. */
export const coverageSchema = z.object({
  nuclei: z.number().int(),
  labelled: z.number().int(),
  byClass: z.array(z.object({ classId: z.number().int(), nuclei: z.number().int(), labelled: z.number().int() })),
  /** Labels that the present reader gave a second time without knowing, and how many of them were the same. */
  secondLooks: z.object({ nuclei: z.number().int(), same: z.number().int() }),
})
export type Coverage = z.infer<typeof coverageSchema>

/** Reasons that stand in the log with labels from a review. */
export const reviewReasons = { queue: 'queue', secondLook: 'second look', adjudicated: 'adjudicated' } as const
