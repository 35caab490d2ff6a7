import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { classUsesSchema, nucleusClassSchema } from './classes.ts'
import { finetuneMethods } from '../engine/calls.ts'
import { pretrainablePresets } from '../engine/pretraining.ts'
import { failureKinds } from '../messages/failure.ts'
import { nucleusFilterSchema } from './filter.ts'
import { mostMerged } from '../nuclei/nuclei.ts'
import { coverageSchema, reviewItemSchema, reviewOrderSchema } from './review.ts'
import { mergedCopySchema } from './readings.ts'
import { inLanguagesSchema, messageSchema } from '../messages/messageSchema.ts'
import { rectSchema } from '../slides/slide.ts'
import { eventSchema } from './statePatch.ts'
import {
  nucleusDetailsSchema,
  polygonSchema,
  projectStateSchema,
  recentProjectSchema,
  regionKinds,
  stepSchema,
} from './state.ts'

/**
 * What the page may ask of the host: control here, over oRPC (POST/SSE under /rpc); pixels and columns as binary
 * (paths in `binaryRoutes`). Expected failures arrive as the typed error FAILURE with a Failure as data. Under /rpc a call is
 * for whatever project is open; under inProject(opening, '/rpc') for that one alone.
 */

const failure = z.object({ kind: z.enum(failureKinds), message: messageSchema })
const base = oc.errors({ FAILURE: { status: 422, data: failure } })
const path = z.string().min(1)
/** Whether work under way may be stopped for it; otherwise it fails with 'working' while there is some. */
const stopWork = z.boolean().optional()
const slideId = z.number().int()
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
  /** One project is open at a time. Another is opened before the old one is closed, so a failure leaves all as it was. */
  projects: {
    /** Projects opened lately, newest first. */
    recent: base.output(z.array(recentProjectSchema)),
    open: base.input(z.object({ path, stopWork })).output(z.object({ opening: z.number().int() })),
    /** Makes an empty project `name`.karyon in `folder` and opens it. */
    create: base
      .input(z.object({ folder: path, name: z.string().min(1).max(100), stopWork }))
      .output(z.object({ opening: z.number().int() })),
    /** Takes a project off the recent ones; its file stays. */
    forget: base.input(z.object({ path })).output(nothing),
  },
  slides: {
    /** Opens a slide (a file, or a folder of one DICOM slide) and adds it to the project. Fails with 'no-scale' where nobody says the µm/px. */
    open: base
      .input(z.object({ path: z.string().min(1), mpp: z.number().positive().optional() }))
      .output(z.object({ slideId })),
    /** Files and folders for the page's own file chooser (where there is no native dialog); `what` makes them openable. */
    browse: base
      .input(z.object({ folder: z.string().optional(), what: z.enum(['slides', 'projects']).optional() }))
      .output(
        z.object({
          folder: z.string(),
          parent: z.string().nullable(),
          /** The folder itself may be opened as a slide: a series of DICOM files. */
          openable: z.boolean(),
          entries: z.array(
            z.object({ name: z.string(), path: z.string(), isFolder: z.boolean(), openable: z.boolean() }),
          ),
        }),
      ),
  },
  nuclei: {
    /**
     * Finds nuclei; `region` limits the work, `first` is done first. `rest`: only where none were searched for yet, which adds
     * to what is there; where all was searched, all is again.
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
    /** Nuclei (and their classes as labels, if asked) from another tool's file. */
    import: base.input(z.object({ slideId, path: z.string().min(1), asLabels: z.boolean() })).output(job),
    details: base.input(z.object({ slideId, nucleusId: z.number().int() })).output(nucleusDetailsSchema),
    classify: base
      .input(z.object({ slideId, modelId: z.string().optional(), first: rectSchema.optional() }))
      .output(job),
    /** Maps a slide's nuclei by their tokens under the model in use. */
    embed: base.input(z.object({ slideId })).output(job),
    /** Nuclei by shown class, of the slide or of those that `where` names. */
    counts: base
      .input(z.object({ slideId, where: nucleusFilterSchema.optional() }))
      .output(z.array(z.object({ classId: z.number().int(), nuclei: z.number().int(), labelled: z.number().int() }))),
    /** How many nuclei `where` names, and which (`limit`: the first of them alone): for a selection. */
    find: base
      .input(z.object({ slideId, where: nucleusFilterSchema, limit: z.number().int().min(0).optional() }))
      .output(z.object({ nuclei: z.number().int(), nucleusIds: z.array(nucleusId) })),
  },
  /** People's outlines: each call is one undoable step. Labels follow their nuclei. */
  outlines: {
    /** A nucleus that nobody found. */
    draw: base.input(z.object({ slideId, outline: polygonSchema })).output(z.object({ stepId, nucleusId })),
    redraw: base.input(z.object({ slideId, nucleusId, outline: polygonSchema })).output(step),
    remove: base.input(z.object({ slideId, nucleusIds })).output(step),
    /** Cuts a nucleus in two along a straight line x1, y1, x2, y2. */
    split: base
      .input(z.object({ slideId, nucleusId, line: z.tuple([z.number(), z.number(), z.number(), z.number()]) }))
      .output(z.object({ stepId, nucleusIds: z.array(nucleusId) })),
    /** Makes one nucleus of several that touch. */
    merge: base
      .input(z.object({ slideId, nucleusIds: nucleusIds.min(2).max(mostMerged) }))
      .output(z.object({ stepId, nucleusId })),
  },
  regions: {
    /** A new region, or another outline, name or kind for one. */
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
     * Puts what the readers of another copy of the project labelled beside the labels here, for κ and adjudication. No
     * label here changes, and undo passes over it; a copy that is merged again takes its own place.
     */
    merge: base.input(z.object({ path })).output(mergedCopySchema),
    /** How every two readers agree (Cohen's κ, over all and of each class against the rest), and where they differ. */
    agreement: base.output(
      z.array(
        z.object({
          first: z.string(),
          second: z.string(),
          both: z.number().int(),
          /** null without a nucleus that both labelled. */
          kappa: z.number().nullable(),
          byClass: z.array(z.object({ classId: z.number().int(), nuclei: z.number().int(), kappa: z.number() })),
          disputed: z.array(z.object({ slideId, nuclei: z.number().int() })),
        }),
      ),
    ),
  },
  review: {
    /** Makes a list of nuclei to look through; it stands as it was made while labels change. */
    list: base
      .input(z.object({ slideId, order: reviewOrderSchema, where: nucleusFilterSchema.optional() }))
      .output(z.object({ listId: z.number().int(), nuclei: z.number().int() })),
    /** Items from … to − 1 of a list as they stand now; null: gone from the slide. */
    window: base
      .input(
        z
          .object({ listId: z.number().int(), from: z.number().int().min(0), to: z.number().int().min(0) })
          .refine(({ from, to }) => to >= from && to - from <= 1000, 'must be at most 1000 items'),
      )
      .output(z.array(reviewItemSchema.nullable())),
    coverage: base.input(z.object({ slideId })).output(coverageSchema),
  },
  runs: {
    /** What would change if `to` spoke instead of `from`: flips by pair of classes (0 = says nothing). */
    difference: base
      .input(z.object({ slideId, from: z.number().int(), to: z.number().int() }))
      .output(z.object({ same: z.number().int(), flips: z.array(flip.extend({ count: z.number().int() })) })),
    /** Nuclei that flip from one class to another, those first of which the new run is surest. */
    flipped: base
      .input(
        z.object({
          slideId,
          from: z.number().int(),
          to: z.number().int(),
          flip,
          limit: z.number().int().min(1).max(100_000),
        }),
      )
      .output(z.object({ nucleusIds: z.array(nucleusId) })),
    /** Lets a run speak for the whole slide, or for the nuclei that `where` names. One undoable step. */
    accept: base
      .input(z.object({ slideId, runId: z.number().int(), where: nucleusFilterSchema.optional() }))
      .output(step),
  },
  classes: {
    add: base.input(z.object({ name: z.string().min(1).max(100) })).output(z.object({ classId: z.number().int() })),
    change: base.input(nucleusClassSchema.partial().required({ id: true })).output(nothing),
    /** What would be lost with a class. */
    uses: base.input(z.object({ classId: z.number().int() })).output(classUsesSchema),
    /** Fails where anything uses it. */
    remove: base.input(z.object({ classId: z.number().int() })).output(nothing),
    /** Which class of the project a model's class stands for, in runs to come. */
    map: base.input(z.object({ modelClass: z.string().min(1), classId: z.number().int() })).output(nothing),
  },
  labels: {
    /**
     * One named, undoable step. classId: a class, "not sure" or "bad outline" (answers in classes.ts), null takes the
     * label away. Returned only when it is safely on disk; what is shown holds it from `shownVersion` on.
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
    /** The same for all nuclei that `where` names: for relabelling by a rule. */
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
    /** Labels nuclei as the model says, each its own class; those of which it says nothing are left out. */
    agree: base
      .input(z.object({ slideId, nucleusIds, reason: z.string().optional() }))
      .output(z.object({ stepId, nuclei: z.number().int() })),
    undo: base.input(nothing).output(z.object({ step: stepSchema.nullable() })),
    /** Undoes until a step is taken back too, or redoes until it is back, as its `move` says; the steps that moved. */
    goTo: base.input(step).output(z.object({ steps: z.array(stepSchema) })),
    redo: base.input(nothing).output(z.object({ step: stepSchema.nullable() })),
  },
  training: {
    /** Fine-tunes the active model on the project's labels, then re-classifies its slides with the result. */
    start: base
      .input(z.object({ method: z.enum(finetuneMethods), epochs: z.number().int().positive().optional() }))
      .output(job),
    /**
     * Trains an encoder on the project's slides without their labels, by masked image modelling; it becomes one of the
     * models. What was cancelled is gone on with.
     */
    pretrain: base
      .input(z.object({ minutes: z.number().positive().max(14_400), preset: z.enum(pretrainablePresets) }))
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
    /** Who labels from now on; kept in the project. */
    set: base.input(z.object({ name: z.string().trim().min(1).max(200) })).output(nothing),
  },
  export: {
    /** Kinds of files in which a slide's nuclei can be fetched (binaryRoutes.export), in the order to offer them. */
    formats: base.output(z.array(z.object({ format: z.string(), name: inLanguagesSchema }))),
  },
}
