import { z } from 'zod'
import { nucleusClassSchema } from './classes.ts'
import { heldOutRecordSchema } from './training.ts'
import { nucleusSources } from '../nuclei/nuclei.ts'
import { failureKinds } from '../messages/failure.ts'
import { messageSchema } from '../messages/messageSchema.ts'
import { rectSchema, searchedSchema, slideInfoSchema } from '../slides/slide.ts'

export const jobSchema = z.object({
  id: z.number().int(),
  kind: z.enum(['detect', 'classify', 'finetune', 'pretrain', 'embed', 'import', 'export', 'suspects', 'forecast']),
  slideId: z.number().int().nullable(),
  /** The part of the slide that the job works on; null: the whole slide. */
  region: rectSchema.nullable(),
  /** For the user, e.g. "Finding nuclei". */
  title: messageSchema,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  done: z.number(),
  of: z.number(),
  /** Latest training loss; null if there is none. */
  loss: z.number().nullable(),
  /** The losses of a training so far, by step: of what is learned from, and of held-out labels where they were judged. */
  losses: z.array(z.object({ at: z.number(), loss: z.number().nullable(), heldOut: z.number().nullable() })),
  secondsLeft: z.number().nullable(),
  /** How long it took; null until it has ended. */
  seconds: z.number().nullable(),
  /** Stage, result or failure in a sentence; null before the job starts. */
  message: messageSchema.nullable(),
  /** Of which kind its failure is; null: it has not failed, or it failed by a bug. */
  failureKind: z.enum(failureKinds).nullable(),
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
  /** Held-out metric as stated in the card, e.g. "metric A, accuracy .74 on 5 validation tiles". */
  metric: z.string(),
  /** What held-out labels say of it; null: none were held out. */
  heldOut: heldOutRecordSchema.nullable(),
})
export type Model = z.infer<typeof modelSchema>

/** What the map of a slide's nuclei was made from. */
export const mapSummarySchema = z.object({
  /** Increases with every new map: fetch its columns again. */
  version: z.number().int(),
  modelTitle: z.string(),
  /** Version of the nuclei that the map shows. The slide's current version may be newer. */
  nucleiVersion: z.number().int(),
  nuclei: z.number().int(),
  /** Number of nuclei laid out against each other. The others were placed between them. */
  landmarks: z.number().int(),
})
export type MapSummary = z.infer<typeof mapSummarySchema>

export const slideSummarySchema = z.object({
  /** A run of a newly trained model that is not shown before a person has decided; null: none waits. */
  proposedRunId: z.number().int().nullable(),
  id: z.number().int(),
  /** File name, without its folder. */
  name: z.string(),
  info: slideInfoSchema,
  nuclei: z.number().int(),
  /** Nuclei that count and have a label by a person (who may have agreed with the model). */
  labelled: z.number().int(),
  /** Nuclei in areas that a person took out of the tissue. They are kept but no longer counted, listed or exported. */
  outside: z.number().int(),
  /** Where nuclei have been searched for; null: everywhere. */
  searched: searchedSchema,
  /** Increases whenever the slide's nuclei change: fetch the nuclei columns again. */
  nucleiVersion: z.number().int(),
  /** Increases whenever labels or the shown run change: fetch the changes of the shown classes. */
  shownVersion: z.number().int(),
  /** Increases whenever the predictions of the shown runs change: fetch the predicted classes again. */
  predictedVersion: z.number().int(),
  /** Id of the shown run; null before classification. */
  activeRunId: z.number().int().nullable(),
  /**
   * Number of nuclei without a prediction in the shown runs: new ones, and those whose outline has changed since. null:
   * nothing was classified, or nobody has looked at the slide yet.
   */
  unspoken: z.number().int().nullable(),
  /** Map of the slide's nuclei; null before one is made. */
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

/**
 * Kinds of log steps. 'nuclei' is a detection or an import. Two kinds cannot be undone: a note, and a rescue after
 * damage. Undo never goes back beyond a rescue.
 */
export const stepKinds = ['label', 'outline', 'region', 'accept', 'nuclei', 'note', 'rescue'] as const
export type StepKind = (typeof stepKinds)[number]

export const stepMoves = ['undo', 'redo'] as const
export type StepMove = (typeof stepMoves)[number]

/** One named entry of the log. */
export const stepSchema = z.object({
  id: z.number().int(),
  kind: z.enum(stepKinds),
  title: messageSchema,
  time: z.string(),
  reader: z.string(),
  reason: z.string(),
  count: z.number().int(),
  /** True if undone and not redone. */
  undone: z.boolean(),
  /**
   * What going to this step does: 'undo' undoes it and all later steps, 'redo' redoes it and all earlier undone steps.
   * null: it can never be undone, or it was undone and a later step took its place.
   */
  move: z.enum(stepMoves).nullable(),
})
export type Step = z.infer<typeof stepSchema>

/** A closed outline, x, y, … in level-0 pixels, not repeated at the end. */
export const polygonSchema = z
  .array(z.number())
  .min(6)
  .max(200_000)
  .refine((points) => points.length % 2 === 0, 'must hold x and y of each point')

/**
 * What a region is for. 'interest': nuclei in it are counted separately. 'added': tissue, whatever it looks like.
 * 'excluded': not tissue (pen, folds, necrosis); no nuclei are detected or classified there, and those found before no
 * longer count. Where such areas overlap, the later one applies.
 */
export const regionKinds = ['interest', 'added', 'excluded'] as const
export type RegionKind = (typeof regionKinds)[number]

/** An area of a slide that a person marked. */
export const regionSchema = z.object({
  id: z.number().int(),
  slideId: z.number().int(),
  /** Projects from before regions had kinds contain only regions of interest. */
  kind: z.enum(regionKinds).default('interest'),
  name: z.string().min(1).max(200),
  outline: polygonSchema,
})
export type Region = z.infer<typeof regionSchema>

/** Labels of the same nuclei by another reader, from another copy of the project. */
export const readingSchema = z.object({
  id: z.number().int(),
  reader: z.string(),
  /** Name of the file they came from. */
  file: z.string(),
  time: z.string(),
  count: z.number().int(),
})
export type Reading = z.infer<typeof readingSchema>

/** The model id of runs that live learning makes. No model has it: live learning writes none. */
export const liveModelId = 'live'

/** Learning from labels while they are given. */
export const learningSchema = z.object({
  isOn: z.boolean(),
  isRunning: z.boolean(),
  /** What it did last; null: nothing yet. */
  last: z
    .object({
      slideId: z.number().int(),
      /** Number of labels it learned from. */
      labels: z.number().int(),
      /** Number of labels on slides that have to be classified first. */
      leftOut: z.number().int(),
      /** Number of nuclei of the slide whose predicted class changed. */
      changed: z.number().int(),
      seconds: z.number(),
    })
    .nullable(),
  /** Why it does not run. */
  obstacle: messageSchema.nullable(),
})
export type Learning = z.infer<typeof learningSchema>

export const projectStateSchema = z.object({
  version: z.string(),
  /** `opening` counts the projects that this host has opened. Addresses of a project's content contain it. */
  project: z.object({ path: z.string(), name: z.string(), opening: z.number().int() }),
  reader: z.string(),
  /** False while the reader is only the system's user name. The page then asks once. */
  readerGiven: z.boolean(),
  classes: z.array(nucleusClassSchema),
  slides: z.array(slideSummarySchema),
  models: z.array(modelSchema),
  activeModelId: z.string(),
  runs: z.array(runSchema),
  jobs: z.array(jobSchema),
  regions: z.array(regionSchema),
  readings: z.array(readingSchema),
  /** Newest last. */
  steps: z.array(stepSchema),
  learning: learningSchema,
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  engine: z.object({ provider: z.string(), reason: messageSchema }).nullable(),
  /** Set while the engine is no longer started by itself: how often it ended in a row, and why the last time. */
  engineGivenUp: z.object({ times: z.number().int(), why: messageSchema }).nullable(),
})
export type ProjectState = z.infer<typeof projectStateSchema>

/** A recently opened project. */
export const recentProjectSchema = z.object({
  path: z.string(),
  name: z.string(),
  /** Folder of the file, to tell projects with the same name apart. */
  folder: z.string(),
  /** ISO time of its last opening. */
  opened: z.string(),
  /** True if the file is still where it was. */
  there: z.boolean(),
})
export type RecentProject = z.infer<typeof recentProjectSchema>

export const nucleusDetailsSchema = z.object({
  id: z.number().int(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Probabilities of the shown runs by project class id; empty without a prediction. */
  probabilities: z.array(z.object({ classId: z.number().int(), p: z.number() })),
  predictedClassId: z.number().int().nullable(),
  labelClassId: z.number().int().nullable(),
  source: z.enum(nucleusSources),
  history: z.array(stepSchema),
})
export type NucleusDetails = z.infer<typeof nucleusDetailsSchema>

/** Returns whether a file is a project by its name. Every other file may be a slide or another tool's nuclei. */
export const isProjectFile = (path: string): boolean => /\.karyon$/i.test(path)
