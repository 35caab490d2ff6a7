import { z } from 'zod'

/** Which nuclei of a slide are reviewed, and in which order. */
export const reviewOrderSchema = z.discriminatedUnion('kind', [
  /**
   * By shown class, the most confident first; answers that are not classes come last. With classId: only that class or
   * answer.
   */
  z.object({ kind: z.literal('class'), classId: z.number().int().optional() }),
  /** By the margin between the two most probable classes, smallest first; what the model calls uncertain before the rest. */
  z.object({
    kind: z.literal('uncertain'),
    /** True: only what the model calls uncertain. */
    only: z.boolean().optional(),
  }),
  /** Labelled nuclei that the model predicts otherwise, those first for which it is most confident. */
  z.object({ kind: z.literal('disagreement') }),
  /** The nuclei most similar to a chosen one, by their tokens. */
  z.object({ kind: z.literal('alike'), nucleusId: z.number().int() }),
  /** Nuclei that a reader selected, for example on the map, in the order given. */
  z.object({ kind: z.literal('chosen'), nucleusIds: z.array(z.number().int()).min(1).max(2_000_000) }),
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
  /**
   * Labels that look mistaken, those first against which most speaks: the last layer trained without their block of
   * tissue, and their nearest labelled neighbours in token space. Leaves out labels that a person has checked since.
   */
  z.object({ kind: z.literal('suspects') }),
  /** What is left of the reader's open audit, in the order drawn at its beginning, without any class. */
  z.object({ kind: z.literal('audit') }),
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
  /** What speaks against the label when the list was made. */
  suspect: z
    .object({
      /** Class that a model expects which has not learned from this block of tissue. */
      classId: z.number().int(),
      /** Probability that it gives the labelled class, 0 … 1. */
      p: z.number(),
      /** Share of the nearest labelled nuclei in token space that have another label, 0 … 1. */
      neighbours: z.number(),
    })
    .optional(),
})
export type ReviewItem = z.infer<typeof reviewItemSchema>

/** How many nuclei of a class there are. */
export const classCountSchema = z.object({
  classId: z.number().int(),
  nuclei: z.number().int(),
  labelled: z.number().int(),
  /** Nuclei without a label of whose class the model is not sure. */
  uncertain: z.number().int(),
  /** Nuclei shown as another class of which the model is not sure, and for which this class is its second choice. */
  possible: z.number().int(),
})
export type ClassCountRow = z.infer<typeof classCountSchema>

/** How much of a slide people have labelled. */
export const coverageSchema = z.object({
  nuclei: z.number().int(),
  labelled: z.number().int(),
  byClass: z.array(classCountSchema),
  /** Labels that the current reader gave a second time without knowing it, and how many of them were the same. */
  secondLooks: z.object({ nuclei: z.number().int(), same: z.number().int() }),
})
export type Coverage = z.infer<typeof coverageSchema>

/** Number of nuclei in an audit if nothing else is asked for, and the fewest from which fractions are given. */
export const auditSize = 60
export const fewestAudited = 20

const fraction = z.number().min(0).max(1)

/** What a finished audit says of the slide as it was when the audit began. */
export const auditResultSchema = z.object({
  /** ISO times of its beginning and of its last answer. */
  begun: z.string(),
  ended: z.string(),
  reader: z.string(),
  /** Nuclei answered. */
  nuclei: z.number().int(),
  /** Nuclei drawn that were not answered because they are no longer on the slide or no longer count. */
  gone: z.number().int(),
  /** Time spent. A pause longer than a minute counts as a minute. */
  seconds: z.number(),
  /** Nuclei that counted when the audit began: those that the fractions are about. */
  of: z.number().int(),
  /** True if the slide's nuclei have changed since, so that the fractions are about other nuclei than those shown now. */
  isStale: z.boolean(),
  /** Audited nuclei whose shown class was the reader's, with the 95 % interval of their fraction. */
  same: z.object({ nuclei: z.number().int(), low: fraction, high: fraction }),
  /** By number shown, largest first. Contains "not sure" and "bad outline" if the reader gave these answers. */
  classes: z.array(
    z.object({
      classId: z.number().int(),
      /** Nuclei shown as this class when the audit began. */
      shown: z.number().int(),
      /** Corrected fraction with its 95 % interval (models/statistics/classFractions.ts). */
      mean: fraction,
      low: fraction,
      high: fraction,
      /** Audited nuclei that were shown as this class, by the class that the reader gave. */
      audited: z.array(z.object({ classId: z.number().int(), nuclei: z.number().int() })),
    }),
  ),
})
export type AuditResult = z.infer<typeof auditResultSchema>

/** The audits of a slide. */
export const auditReportSchema = z.object({
  /** The newest finished audit, by whichever reader; null if there is none. */
  result: auditResultSchema.nullable(),
  /** The current reader's unfinished audit; null if there is none. */
  open: z.object({ nuclei: z.number().int(), answered: z.number().int() }).nullable(),
})
export type AuditReport = z.infer<typeof auditReportSchema>

const ranged = z.object({ mean: z.number(), low: z.number(), high: z.number() })

/** A score (0 … 1) now and after more labels, with the ranges that hold in 90 % of cases (models/statistics). */
const forecastSchema = z.object({ now: z.number(), then: ranged, gain: ranged })

/** What more labels would bring to the last layer, from the learning curve of the labels given so far. */
export const labelForecastSchema = z.object({
  /** Labels with a class that the curve is of. */
  labels: z.number().int(),
  /** Number of further labels that the forecast is about. */
  more: z.number().int(),
  /** Labels on slides without cached tokens: not part of the curve. */
  without: z.number().int(),
  /** Accuracy in tissue that was not learned from, by number of labels learned from. */
  points: z.array(z.object({ labels: z.number().int(), accuracy: z.number() })),
  /** Forecast of the accuracy; null: not yet known. */
  accuracy: forecastSchema.nullable(),
  /** Forecast of each class's F1. */
  classes: z.array(z.object({ classId: z.number().int(), labels: z.number().int(), f1: forecastSchema.nullable() })),
})
export type LabelForecast = z.infer<typeof labelForecastSchema>

/** Reasons logged with labels from a review. */
export const reviewReasons = {
  queue: 'queue',
  secondLook: 'second look',
  adjudicated: 'adjudicated',
  audit: 'audit',
  /** A label that looked mistaken, kept or changed. */
  checked: 'checked',
} as const
