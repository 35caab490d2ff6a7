import { z } from 'zod'
import { nucleusClassSchema } from './classes.ts'
import { nucleusSources } from '../nuclei/nuclei.ts'
import { messageSchema } from '../messages/messageSchema.ts'
import { rectSchema, searchedSchema, slideInfoSchema } from '../slides/slide.ts'

export const jobSchema = z.object({
  id: z.number().int(),
  kind: z.enum(['detect', 'classify', 'finetune', 'pretrain', 'embed', 'import', 'export']),
  slideId: z.number().int().nullable(),
  /** The part of the slide that is worked on; null: all of it. */
  region: rectSchema.nullable(),
  /** For the user, e.g. "Finding nuclei". */
  title: messageSchema,
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  done: z.number(),
  of: z.number(),
  /** Last training loss, where there is one. */
  loss: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  /** Stage, result or failure in a sentence; null before it began. */
  message: messageSchema.nullable(),
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
  /** With a label by a person (who may have agreed with the model), among those that count. */
  labelled: z.number().int(),
  /** Of the nuclei: those where a person took the tissue out. They are kept, and counted, listed and exported no more. */
  outside: z.number().int(),
  /** Where nuclei were searched for; null: everywhere. */
  searched: searchedSchema,
  /** Goes up whenever the slide's nuclei change: fetch the nuclei columns again. */
  nucleiVersion: z.number().int(),
  /** Goes up whenever labels or the active run change: fetch what changed of the shown classes. */
  shownVersion: z.number().int(),
  /** Goes up whenever what the shown runs say changes: fetch the predicted classes again. */
  predictedVersion: z.number().int(),
  /** Shown run, null before classification. */
  activeRunId: z.number().int().nullable(),
  /**
   * Nuclei of which the shown runs say nothing: new ones, and those whose outline has changed since. null: nothing was
   * classified, or nobody has looked at the slide yet.
   */
  unspoken: z.number().int().nullable(),
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

/**
 * What a step of the log is about; 'nuclei' is a detection or an import. Two kinds cannot be undone: a note, and a rescue
 * after damage, which no undo goes behind.
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
  /** Undone and not redone. */
  undone: z.boolean(),
  /**
   * What going to it does: takes it and all after it back, or brings it and all before it again. null: it stands for good, or
   * it was undone and a later step took its place.
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
 * What a region is for: 'interest' is counted in by itself; 'added' is tissue whatever it looks like, 'excluded' is none (pen,
 * folds, necrosis): there no nuclei are found or classified, and those found before count no more. Where they overlap the
 * later one holds.
 */
export const regionKinds = ['interest', 'added', 'excluded'] as const
export type RegionKind = (typeof regionKinds)[number]

/** An area of a slide that a person marked. */
export const regionSchema = z.object({
  id: z.number().int(),
  slideId: z.number().int(),
  /** Projects from before regions had kinds know one only. */
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

export const projectStateSchema = z.object({
  version: z.string(),
  /** `opening` counts the projects that this host has opened: addresses of a project's content name it. */
  project: z.object({ path: z.string(), name: z.string(), opening: z.number().int() }),
  reader: z.string(),
  /** False while the reader is only the system's user name: ask once. */
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
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  engine: z.object({ provider: z.string(), reason: z.string() }).nullable(),
})
export type ProjectState = z.infer<typeof projectStateSchema>

/** A project that was open lately. */
export const recentProjectSchema = z.object({
  path: z.string(),
  name: z.string(),
  /** Folder of the file, for telling namesakes apart. */
  folder: z.string(),
  /** ISO time of its last opening. */
  opened: z.string(),
  /** Whether the file is where it was. */
  there: z.boolean(),
})
export type RecentProject = z.infer<typeof recentProjectSchema>

export const nucleusDetailsSchema = z.object({
  id: z.number().int(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Active run's probabilities by project class id; empty before classification. */
  probabilities: z.array(z.object({ classId: z.number().int(), p: z.number() })),
  predictedClassId: z.number().int().nullable(),
  labelClassId: z.number().int().nullable(),
  source: z.enum(nucleusSources),
  history: z.array(stepSchema),
})
export type NucleusDetails = z.infer<typeof nucleusDetailsSchema>
