import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { classUsesSchema, nucleusClassSchema } from './classes.ts'
import { finetuneMethods } from '../engine/calls.ts'
import { pretrainingStarts } from '../engine/pretraining.ts'
import { failureKinds } from '../messages/failure.ts'
import { nucleusFilterSchema } from './filter.ts'
import { mostMerged } from '../nuclei/nuclei.ts'
import {
  auditReportSchema,
  classCountSchema,
  coverageSchema,
  fewestAudited,
  labelForecastSchema,
  reviewItemSchema,
  reviewOrderSchema,
} from './review.ts'
import { mergedCopySchema, selfAgreementSchema } from './readings.ts'
import { importPreviewSchema } from './importPreview.ts'
import { holdOutSchema, trainingPlanSchema } from './training.ts'
import { inLanguagesSchema, messageSchema } from '../messages/messageSchema.ts'
import { rectSchema, slideInfoSchema } from '../slides/slide.ts'
import { openSlideUseSchema, settingsChangeSchema, settingsViewSchema } from './settings.ts'
import { eventSchema } from './statePatch.ts'
import { slideFitnessSchema } from './fitness.ts'
import { nearestLabelsSchema, surroundingsSchema } from './why.ts'
import {
  nucleusDetailsSchema,
  polygonSchema,
  projectStateSchema,
  recentProjectSchema,
  regionKinds,
  stepSchema,
} from './state.ts'

/**
 * What the page may ask of the host. The oRPC routes are declared here (POST/SSE under /rpc). Pixels and columns are
 * fetched as binary data (paths in `binaryRoutes`). Expected failures arrive as the typed error FAILURE with a Failure
 * as data. A call under /rpc goes to whatever project is open; one under inProject(opening, '/rpc') to that project
 * alone.
 */

const failure = z.object({ kind: z.enum(failureKinds), message: messageSchema })
const base = oc.errors({ FAILURE: { status: 422, data: failure } })
const path = z.string().min(1)
/** True if running work may be stopped for this call. Otherwise the call fails with 'working' while there is any. */
const stopWork = z.boolean().optional()
const slideId = z.number().int()
/** Number of an image of a file that holds several, from 1. */
const image = z.number().int().positive()
const job = z.object({ jobId: z.number().int() })
const nothing = z.object({})
const stepId = z.number().int()
const step = z.object({ stepId })
const nucleusId = z.number().int()
const nucleusIds = z.array(nucleusId).min(1)
const flip = z.object({ fromClass: z.number().int(), toClass: z.number().int() })

export const api = {
  state: base.output(projectStateSchema),
  events: base.output(eventIterator(eventSchema)),
  /** One project is open at a time. A new one is opened before the old one is closed, so a failure changes nothing. */
  projects: {
    /** Returns the recently opened projects, newest first. */
    recent: base.output(z.array(recentProjectSchema)),
    open: base.input(z.object({ path, stopWork })).output(z.object({ opening: z.number().int() })),
    /** Creates an empty project `name`.karyon in `folder` and opens it. */
    create: base
      .input(z.object({ folder: path, name: z.string().min(1).max(100), stopWork }))
      .output(z.object({ opening: z.number().int() })),
    /** Removes a project from the recent ones. Its file stays. */
    forget: base.input(z.object({ path })).output(nothing),
  },
  /** Settings of this workstation. */
  settings: {
    read: base.output(settingsViewSchema),
    change: base.input(settingsChangeSchema).output(nothing),
    /** Says whether the OpenSlide library is used. Takes about a second. */
    openSlide: base.output(openSlideUseSchema),
    /** Removes the open project's token cache, which can be rebuilt, and returns how many bytes that freed. */
    emptyCache: base.output(z.object({ bytes: z.number() })),
  },
  slides: {
    /**
     * Opens a slide (a file, or a folder of one DICOM slide) and adds it to the project. Of a file with several images,
     * opens `image`, else the largest. Fails with 'no-scale' if neither the file nor the call gives the µm/px.
     */
    open: base
      .input(z.object({ path: z.string().min(1), mpp: z.number().positive().optional(), image: image.optional() }))
      .output(z.object({ slideId })),
    /** Opens another image of a slide's file as a slide of its own. */
    openImage: base
      .input(z.object({ slideId, image, mpp: z.number().positive().optional() }))
      .output(z.object({ slideId })),
    /** The images of a file that holds several, and the number of the largest. Empty: it holds one, or its path names one. */
    images: base
      .input(z.object({ path: z.string().min(1) }))
      .output(slideInfoSchema.pick({ images: true, image: true })),
    /**
     * Measures what speaks against finding or classifying nuclei on a slide with the model in use: focus, scale, stain.
     * Takes about a second the first time. Leaves out what the reader has gone on with.
     */
    fitness: base.input(z.object({ slideId })).output(slideFitnessSchema),
    /** Remembers with the slide that the reader goes on in spite of findings (their keys). */
    goOnAnyway: base.input(z.object({ slideId, findings: z.array(z.string().min(1)).min(1) })).output(nothing),
    /**
     * Opens every slide of a folder, but not of the folders in it, and queues finding and classifying where that is still
     * to be done. What could not be opened is returned with the reason; it does not stop the others.
     */
    batch: base.input(z.object({ folder: path, mpp: z.number().positive().optional() })).output(
      z.object({
        slideIds: z.array(slideId),
        jobIds: z.array(z.number().int()),
        refused: z.array(z.object({ name: z.string(), why: messageSchema })),
        folders: z.number().int(),
      }),
    ),
    /**
     * Lists files and folders for the page's own file chooser (used without native dialogs). `what` decides which are
     * openable.
     */
    browse: base
      .input(z.object({ folder: z.string().optional(), what: z.enum(['slides', 'nuclei', 'projects']).optional() }))
      .output(
        z.object({
          folder: z.string(),
          parent: z.string().nullable(),
          /** True if the folder itself may be opened as a slide: a series of DICOM files. */
          openable: z.boolean(),
          /** Endings of the files that are openable, with the dot. */
          endings: z.array(z.string()),
          entries: z.array(
            z.object({ name: z.string(), path: z.string(), isFolder: z.boolean(), openable: z.boolean() }),
          ),
        }),
      ),
  },
  nuclei: {
    /**
     * Detects nuclei. `region` limits the work; `first` is done first. `rest` searches only where nobody has searched
     * yet and adds to the nuclei that exist. If everything was searched already, everything is searched again.
     */
    detect: base
      .input(
        z.object({
          slideId,
          region: rectSchema.optional(),
          first: rectSchema.optional(),
          rest: z.boolean().optional(),
        }),
      )
      .output(job),
    /** Reads another tool's file as an import would: what it holds, and what would be left out. Changes nothing. */
    preview: base.input(z.object({ slideId, path: z.string().min(1) })).output(importPreviewSchema),
    /** Imports nuclei from another tool's file and, with `asLabels`, their classes as labels. */
    import: base.input(z.object({ slideId, path: z.string().min(1), asLabels: z.boolean() })).output(job),
    details: base.input(z.object({ slideId, nucleusId: z.number().int() })).output(nucleusDetailsSchema),
    /** Returns how the model in use classifies a nucleus with its surroundings and without them. Takes about a second. */
    surroundings: base.input(z.object({ slideId, nucleusId })).output(surroundingsSchema),
    /**
     * Returns the labelled nuclei of the project that are most like a nucleus. Fails with 'empty', saying what to do, if
     * there are no labels or no cached tokens.
     */
    nearestLabels: base.input(z.object({ slideId, nucleusId })).output(nearestLabelsSchema),
    classify: base
      .input(z.object({ slideId, modelId: z.string().optional(), first: rectSchema.optional() }))
      .output(job),
    /** Makes a map of a slide's nuclei from their tokens, with the model in use. */
    embed: base.input(z.object({ slideId })).output(job),
    /** Counts nuclei by shown class: those of the slide, or those that match `where`. */
    counts: base.input(z.object({ slideId, where: nucleusFilterSchema.optional() })).output(z.array(classCountSchema)),
    /**
     * Returns the number and ids of the nuclei that match `where`, for a selection. With `limit`, only the first ids.
     */
    find: base
      .input(z.object({ slideId, where: nucleusFilterSchema, limit: z.number().int().min(0).optional() }))
      .output(z.object({ nuclei: z.number().int(), nucleusIds: z.array(nucleusId) })),
  },
  /** Outlines drawn by people. Each call is one undoable step. Labels stay with their nuclei. */
  outlines: {
    /** Adds a nucleus that was not detected. */
    draw: base.input(z.object({ slideId, outline: polygonSchema })).output(z.object({ stepId, nucleusId })),
    redraw: base.input(z.object({ slideId, nucleusId, outline: polygonSchema })).output(step),
    remove: base.input(z.object({ slideId, nucleusIds })).output(step),
    /** Cuts a nucleus in two along a straight line x1, y1, x2, y2. */
    split: base
      .input(z.object({ slideId, nucleusId, line: z.tuple([z.number(), z.number(), z.number(), z.number()]) }))
      .output(z.object({ stepId, nucleusIds: z.array(nucleusId) })),
    /** Merges several touching nuclei into one. */
    merge: base
      .input(z.object({ slideId, nucleusIds: nucleusIds.min(2).max(mostMerged) }))
      .output(z.object({ stepId, nucleusId })),
  },
  regions: {
    /** Adds a region, or changes the outline, name or kind of an existing one. */
    set: base
      .input(
        z.object({
          slideId,
          regionId: z.number().int().optional(),
          kind: z.enum(regionKinds).optional(),
          name: z.string().min(1).max(200),
          outline: polygonSchema,
        }),
      )
      .output(z.object({ stepId, regionId: z.number().int() })),
    remove: base.input(z.object({ regionId: z.number().int() })).output(step),
  },
  readings: {
    /**
     * Stores the labels of the readers of another copy of the project beside the labels here, for κ and adjudication.
     * No label here changes, and undo skips this. Merging the same copy again replaces what it brought before.
     */
    merge: base.input(z.object({ path })).output(mergedCopySchema),
    /** Returns how far each reader agrees with themselves on nuclei that the queue served again without saying so. */
    self: base.output(z.array(selfAgreementSchema)),
    /**
     * Returns the agreement of each pair of readers (Cohen's κ, overall and of each class against the rest), and where
     * they differ.
     */
    agreement: base.output(
      z.array(
        z.object({
          first: z.string(),
          second: z.string(),
          both: z.number().int(),
          /** null if there is no nucleus that both labelled. */
          kappa: z.number().nullable(),
          byClass: z.array(z.object({ classId: z.number().int(), nuclei: z.number().int(), kappa: z.number() })),
          disputed: z.array(z.object({ slideId, nuclei: z.number().int() })),
        }),
      ),
    ),
  },
  review: {
    /** Makes a list of nuclei for review. The list keeps its order while labels change. */
    list: base
      .input(z.object({ slideId, order: reviewOrderSchema, where: nucleusFilterSchema.optional() }))
      .output(z.object({ listId: z.number().int(), nuclei: z.number().int() })),
    /**
     * Returns items `from` to `to` − 1 of a list in their current state. null: the nucleus is no longer on the slide.
     */
    window: base
      .input(
        z
          .object({ listId: z.number().int(), from: z.number().int().min(0), to: z.number().int().min(0) })
          .refine(({ from, to }) => to >= from && to - from <= 1000, 'must be at most 1000 items'),
      )
      .output(z.array(reviewItemSchema.nullable())),
    coverage: base.input(z.object({ slideId })).output(coverageSchema),
  },
  /** Random samples of a slide's nuclei that a reader labels blindly, to correct the counts of its classes. */
  audits: {
    /**
     * Draws the nuclei of an audit (auditSize if not said), at random from all that count. The reader's labels of the review order 'audit' answer
     * it. Fails while the reader has an unfinished audit of the slide: nobody draws until they like the sample.
     */
    begin: base
      .input(z.object({ slideId, nuclei: z.number().int().min(fewestAudited).max(1000).optional() }))
      .output(z.object({ nuclei: z.number().int() })),
    report: base.input(z.object({ slideId })).output(auditReportSchema),
  },
  runs: {
    /**
     * Returns what would change if run `to` were in force instead of run `from` (null: of what is shown): flips by pair
     * of classes (0 = no prediction), and how many labelled nuclei `to` predicts otherwise than the person.
     */
    difference: base.input(z.object({ slideId, from: z.number().int().nullable(), to: z.number().int() })).output(
      z.object({
        same: z.number().int(),
        flips: z.array(flip.extend({ count: z.number().int() })),
        against: z.number().int(),
      }),
    ),
    /** Returns nuclei that flip from one class to another, those first for which the new run is most confident. */
    flipped: base
      .input(
        z.object({
          slideId,
          from: z.number().int().nullable(),
          to: z.number().int(),
          flip,
          limit: z.number().int().min(1).max(100_000),
        }),
      )
      .output(z.object({ nucleusIds: z.array(nucleusId) })),
    /**
     * Puts a run in force for the whole slide, or for the nuclei that match `where` and whose class it changes from and
     * to one of the pairs in `flips`. One undoable step.
     */
    accept: base
      .input(
        z.object({
          slideId,
          runId: z.number().int(),
          where: nucleusFilterSchema.optional(),
          flips: z.array(flip).min(1).max(10_000).optional(),
        }),
      )
      .output(step),
    /** Ends the wait for a decision about a run. What is shown stays. */
    decide: base.input(z.object({ slideId, runId: z.number().int() })).output(nothing),
  },
  classes: {
    add: base.input(z.object({ name: z.string().min(1).max(100) })).output(z.object({ classId: z.number().int() })),
    change: base.input(nucleusClassSchema.partial().required({ id: true })).output(nothing),
    /** Returns what would be lost with a class. */
    uses: base.input(z.object({ classId: z.number().int() })).output(classUsesSchema),
    /** Removes a class. Fails while anything uses it. */
    remove: base.input(z.object({ classId: z.number().int() })).output(nothing),
    /** Sets which class of the project a model's class stands for in future runs. */
    map: base.input(z.object({ modelClass: z.string().min(1), classId: z.number().int() })).output(nothing),
  },
  labels: {
    /**
     * Labels nuclei as one named, undoable step. classId: a class, "not sure" or "bad outline" (`answers` in
     * classes.ts); null removes the label. Returns only when the labels are safely on disk. The shown classes include
     * them from `shownVersion` on.
     */
    set: base
      .input(
        z.object({
          slideId,
          nucleusIds: z.array(z.number().int()).min(1),
          classId: z.number().int().nullable(),
          reason: z.string().optional(),
        }),
      )
      .output(z.object({ stepId, shownVersion: z.number().int() })),
    /** Does the same for all nuclei that match `where`: for relabelling by a rule. */
    setWhere: base
      .input(
        z.object({
          slideId,
          where: nucleusFilterSchema,
          classId: z.number().int().nullable(),
          reason: z.string().optional(),
        }),
      )
      .output(z.object({ stepId, nuclei: z.number().int() })),
    /** Labels each nucleus with its predicted class. Nuclei without a prediction are left out. */
    agree: base
      .input(z.object({ slideId, nucleusIds, reason: z.string().optional() }))
      .output(z.object({ stepId, nuclei: z.number().int() })),
    undo: base.input(nothing).output(z.object({ step: stepSchema.nullable() })),
    /** Undoes or redoes up to and including a step, as its `move` says. Returns the steps that moved. */
    goTo: base.input(step).output(z.object({ steps: z.array(stepSchema) })),
    redo: base.input(nothing).output(z.object({ step: stepSchema.nullable() })),
  },
  training: {
    /**
     * Forecasts what 50 more labels would bring to the last layer, from the learning curve of the labels given so far.
     * Takes some tens of seconds. What is not known is null. Fails with 'empty' if no labelled slide has cached tokens.
     */
    forecast: base.output(labelForecastSchema),
    /** Switches learning while labelling on or off. Off: the slides show the model's own classes again. */
    live: base.input(z.object({ isOn: z.boolean() })).output(nothing),
    /** Fine-tunes the model in use on the project's labels, then classifies its slides again with the result. */
    start: base
      .input(
        z.object({
          method: z.enum(finetuneMethods),
          epochs: z.number().int().positive().optional(),
          /** Nothing if absent. */
          holdOut: holdOutSchema.optional(),
        }),
      )
      .output(job),
    /** Says what a training would learn from and hold out. */
    plan: base.input(z.object({ holdOut: holdOutSchema })).output(trainingPlanSchema),
    /**
     * Trains an encoder on the project's slides without their labels, by masked image modelling, and measures on held-out
     * labels whether it helps. The encoder becomes one of the models, unless it is no better than that of the model in
     * use. A cancelled pre-training is continued.
     */
    pretrain: base
      .input(z.object({ minutes: z.number().positive().max(14_400), start: z.enum(pretrainingStarts) }))
      .output(job),
  },
  models: {
    /** Puts a model in use. Slides with a complete run of this model show that run; the others are classified. */
    activate: base.input(z.object({ modelId: z.string() })).output(nothing),
  },
  engine: {
    /** Starts an engine that ended so often that it is no longer started by itself (state.engineGivenUp). */
    start: base.output(nothing),
  },
  jobs: {
    cancel: base.input(z.object({ jobId: z.number().int() })).output(nothing),
  },
  reader: {
    /** Sets the name of the reader who labels from now on. It is stored in the project. */
    set: base.input(z.object({ name: z.string().trim().min(1).max(200) })).output(nothing),
  },
  export: {
    /**
     * Lists the file formats in which a slide's nuclei can be downloaded (binaryRoutes.export), in the order to offer
     * them.
     */
    formats: base.output(z.array(z.object({ format: z.string(), name: inLanguagesSchema }))),
  },
}
