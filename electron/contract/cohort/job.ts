import { z } from 'zod'

/** What can be done with a slide of a cohort, or with a data set. */
export const cohortJobKinds = ['find', 'classify', 'evaluate'] as const

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)
/** A model or a detector: the worker's own of this name is used only if its weights have this hash. */
const namedWeightsSchema = z.strictObject({
  name: z.string().regex(/^\w[\w.-]*$/),
  /** SHA-256 of weights.safetensors. */
  sha256: sha256Schema,
})
export type NamedWeights = z.infer<typeof namedWeightsSchema>

/**
 * Returns whether a text is a path below a folder, with "/" between its parts: not absolute, without "..", "." and empty
 * parts, backslashes, drives and NUL.
 */
export const isPathBelow = (path: string): boolean =>
  path.length > 0 &&
  !/[\\\0]|^[a-z]:/i.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/**
 * One job of a cohort: the contract of every queue, the one in this process and the one on a server. It holds names and no
 * pixels. The same job always has the same id (`jobId` in electron/cli/cohort/job.ts).
 */
export const cohortJobSchema = z.strictObject({
  format: z.literal('karyon-job'),
  version: z.literal(1),
  kind: z.enum(cohortJobKinds),
  /** Id of the results folder that the job was made for. */
  cohort: z.uuid(),
  /** Slide, or data set of an evaluation, from the worker's folder of slides. */
  slide: z.string().refine(isPathBelow, 'must be a path below the folder of slides'),
  /** Size of the slide's file, so that no other slide of its name is taken for it; null: it is a folder. */
  bytes: z.int().nonnegative().nullable(),
  /** Null where nothing is classified. */
  model: namedWeightsSchema.nullable(),
  detector: namedWeightsSchema,
  settings: z.strictObject({
    /** µm per pixel of slides and pictures that do not say it. */
    mpp: z.number().positive().nullable(),
    /** What an evaluation scores; null for the other kinds. */
    metric: z.enum(['A', 'B', 'C']).nullable(),
  }),
  /** File of the result, from the worker's folder of results. */
  result: z.string().refine(isPathBelow, 'must be a path below the folder of results'),
})
export type CohortJob = z.infer<typeof cohortJobSchema>

/** `cohort.json` in the folder of results: workers tell by it that they write into the same folder as all others. */
export const cohortSchema = z.object({
  format: z.literal('karyon-cohort'),
  version: z.literal(1),
  id: z.uuid(),
})

/** What a job leaves in the folder of results, once. */
export const cohortResultSchema = z.object({
  format: z.literal('karyon-result'),
  version: z.literal(1),
  job: cohortJobSchema,
  /** The worker that did it: host and process. */
  worker: z.string(),
  /** ISO time. */
  finished: z.string(),
  /** Of the attempt that finished it; the table has the seconds of each step. */
  seconds: z.number(),
  /** Names of the row's columns, in order. */
  columns: z.array(z.string()),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  /** Kind 'evaluate': all scores, as `karyon evaluate --json` gives them. */
  evaluation: z.json().optional(),
})
export type CohortResult = z.infer<typeof cohortResultSchema>
