import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { nucleusClassSchema } from './classes.ts'
import { finetuneMethods } from './engine.ts'
import { failureKinds } from './result.ts'
import { rectSchema, slideInfoSchema } from './slide.ts'

/**
 * What the page may ask of the host: control here, over oRPC (POST/SSE under /rpc); pixels and columns as binary
 * (paths in `binaryRoutes`). Expected failures arrive as the typed error FAILURE with a Failure as data.
 */

export const jobSchema = z.object({
  id: z.number().int(),
  kind: z.enum(['detect', 'classify', 'finetune', 'embed', 'import', 'export']),
  slideId: z.number().int().nullable(),
  /** For the user, e.g. "Finding nuclei". */
  title: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  done: z.number(),
  of: z.number(),
  /** Last training loss, where there is one. */
  loss: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  /** Result or failure in a sentence. */
  message: z.string(),
})
export type Job = z.infer<typeof jobSchema>

export const modelSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** Class names of its head, in order. */
  classes: z.array(z.string()),
  mpp: z.number(),
  width: z.number().int(),
  layers: z.number().int(),
  /** Ids from the first ancestor to the parent. */
  lineage: z.array(z.string()),
  builtIn: z.boolean(),
  created: z.string(),
  weightsHash: z.string(),
  /** Markdown model card, or empty. */
  card: z.string(),
  /** Held-out metric as the card states it, e.g. "metric A, accuracy .74 on 5 validation tiles". */
  metric: z.string(),
})
export type Model = z.infer<typeof modelSchema>

/** What the map of a slide's nuclei was made of. */
export const mapSummarySchema = z.object({
  /** Goes up with every new map: fetch its columns again. */
  version: z.number().int(),
  modelTitle: z.string(),
  /** Of the nuclei it shows; the slide's own may have moved on. */
  nucleiVersion: z.number().int(),
  nuclei: z.number().int(),
  /** Nuclei laid out against each other; the others were placed between them. */
  landmarks: z.number().int(),
})
export type MapSummary = z.infer<typeof mapSummarySchema>

export const slideSummarySchema = z.object({
  id: z.number().int(),
  /** File name, without its folder. */
  name: z.string(),
  info: slideInfoSchema,
  nuclei: z.number().int(),
  labelled: z.number().int(),
  /** Goes up whenever the slide's nuclei change: fetch the nuclei columns again. */
  nucleiVersion: z.number().int(),
  /** Goes up whenever labels or the active run change: fetch the shown classes again. */
  shownVersion: z.number().int(),
  /** Shown run, null before classification. */
  activeRunId: z.number().int().nullable(),
  /** Map of its nuclei, null before one was made. */
  map: mapSummarySchema.nullable(),
})
export type SlideSummary = z.infer<typeof slideSummarySchema>

/** One classification of a slide by one model: immutable columns. */
export const runSchema = z.object({
  id: z.number().int(),
  slideId: z.number().int(),
  modelId: z.string(),
  modelTitle: z.string(),
  created: z.string(),
  /** False while it is still being filled. */
  complete: z.boolean(),
})
export type Run = z.infer<typeof runSchema>

/** One named entry of the label log. */
export const stepSchema = z.object({
  id: z.number().int(),
  title: z.string(),
  time: z.string(),
  reader: z.string(),
  count: z.number().int(),
  /** Undone and not redone. */
  undone: z.boolean(),
})
export type Step = z.infer<typeof stepSchema>

export const projectStateSchema = z.object({
  version: z.string(),
  project: z.object({ path: z.string(), name: z.string() }),
  reader: z.string(),
  classes: z.array(nucleusClassSchema),
  slides: z.array(slideSummarySchema),
  models: z.array(modelSchema),
  activeModelId: z.string(),
  runs: z.array(runSchema),
  jobs: z.array(jobSchema),
  /** Newest last. */
  steps: z.array(stepSchema),
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  engine: z.object({ provider: z.string(), reason: z.string() }).nullable(),
})
export type ProjectState = z.infer<typeof projectStateSchema>

/** Sent on `events`: the whole small state after every change (it holds no columns), or a notice for the user. */
export const eventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state'), state: projectStateSchema }),
  z.object({ kind: z.literal('notice'), level: z.enum(['info', 'warning', 'error']), message: z.string() }),
])
export type HostEvent = z.infer<typeof eventSchema>

export const nucleusDetailsSchema = z.object({
  id: z.number().int(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Active run's probabilities by project class id; empty before classification. */
  probabilities: z.array(z.object({ classId: z.number().int(), p: z.number() })),
  predictedClassId: z.number().int().nullable(),
  labelClassId: z.number().int().nullable(),
  source: z.string(),
  history: z.array(stepSchema),
})
export type NucleusDetails = z.infer<typeof nucleusDetailsSchema>

const failure = z.object({ kind: z.enum(failureKinds), message: z.string() })
const base = oc.errors({ FAILURE: { status: 422, data: failure } })
const slideId = z.number().int()
const job = z.object({ jobId: z.number().int() })
const nothing = z.object({})

export const api = {
  state: base.output(projectStateSchema),
  events: base.output(eventIterator(eventSchema)),
  slides: {
    /** Opens a slide file and adds it to the project. Fails with 'no-scale' where nobody says the µm/px. */
    open: base
      .input(z.object({ path: z.string().min(1), mpp: z.number().positive().optional() }))
      .output(z.object({ slideId })),
    /** Files and folders for the page's own file chooser (where there is no native dialog). */
    browse: base.input(z.object({ folder: z.string().optional() })).output(
      z.object({
        folder: z.string(),
        parent: z.string().nullable(),
        entries: z.array(
          z.object({ name: z.string(), path: z.string(), isFolder: z.boolean(), openable: z.boolean() }),
        ),
      }),
    ),
  },
  nuclei: {
    /** Finds nuclei; `region` limits the work, `first` is done first. */
    detect: base.input(z.object({ slideId, region: rectSchema.optional(), first: rectSchema.optional() })).output(job),
    /** Nuclei (and their classes as labels, if asked) from another tool's file. */
    import: base.input(z.object({ slideId, path: z.string().min(1), asLabels: z.boolean() })).output(job),
    details: base.input(z.object({ slideId, nucleusId: z.number().int() })).output(nucleusDetailsSchema),
    classify: base
      .input(z.object({ slideId, modelId: z.string().optional(), first: rectSchema.optional() }))
      .output(job),
    /** Maps a slide's nuclei by their tokens under the model in use. */
    embed: base.input(z.object({ slideId })).output(job),
  },
  labels: {
    /** One named, undoable step. classId null takes the label away. Returned only when it is safely on disk. */
    set: base
      .input(
        z.object({
          slideId,
          nucleusIds: z.array(z.number().int()).min(1),
          classId: z.number().int().nullable(),
          reason: z.string().optional(),
        }),
      )
      .output(z.object({ stepId: z.number().int() })),
    undo: base.input(nothing).output(z.object({ step: stepSchema.nullable() })),
    redo: base.input(nothing).output(z.object({ step: stepSchema.nullable() })),
  },
  training: {
    /** Fine-tunes the active model on the project's labels, then re-classifies its slides with the result. */
    start: base
      .input(z.object({ method: z.enum(finetuneMethods), epochs: z.number().int().positive().optional() }))
      .output(job),
  },
  models: {
    /** Makes a model the one in use: slides with a run of it show that run, the others are classified. */
    activate: base.input(z.object({ modelId: z.string() })).output(nothing),
  },
  jobs: {
    cancel: base.input(z.object({ jobId: z.number().int() })).output(nothing),
  },
  reader: {
    set: base.input(z.object({ name: z.string().min(1).max(200) })).output(nothing),
  },
  export: {
    /** Writes beside the project or to `path`; the page may instead fetch binaryRoutes.export. */
    file: base
      .input(z.object({ slideId, format: z.enum(['geojson', 'geojson.gz', 'csv']), path: z.string().optional() }))
      .output(z.object({ path: z.string(), nuclei: z.number().int() })),
  },
}
