import { z } from 'zod'
import { nucleusClassSchema } from './classes.ts'
import { messageSchema } from '../messages/messageSchema.ts'
import {
  jobSchema,
  modelSchema,
  projectStateSchema,
  readingSchema,
  regionSchema,
  runSchema,
  slideSummarySchema,
  stepSchema,
  type ProjectState,
} from './state.ts'

const idSchema = z.union([z.number(), z.string()])
export type RowId = z.infer<typeof idSchema>

/**
 * Changes of a list whose rows have ids: the changed and new rows, and all ids in order if rows were added, removed or
 * moved.
 */
const listPatch = <R extends z.ZodType<{ id: RowId }>>(row: R) =>
  z.object({ rows: z.array(row).optional(), order: z.array(idSchema).optional() }).optional()

export type ListKey = {
  [K in keyof ProjectState]: ProjectState[K] extends { id: RowId }[] ? K : never
}[keyof ProjectState]

/** The parts of the state that are lists of rows with ids. Every other part is sent whole when it changes. */
const lists = {
  classes: listPatch(nucleusClassSchema),
  slides: listPatch(slideSummarySchema),
  models: listPatch(modelSchema),
  runs: listPatch(runSchema),
  jobs: listPatch(jobSchema),
  regions: listPatch(regionSchema),
  readings: listPatch(readingSchema),
  steps: listPatch(stepSchema),
} as const satisfies Record<ListKey, unknown>

/** Changes of the state. Absent parts are unchanged. */
export const statePatchSchema = projectStateSchema.partial().extend(lists)
export type StatePatch = z.infer<typeof statePatchSchema>

/** Returns true if a part of the state is sent row by row. */
export const isListOfRows = (key: keyof ProjectState): key is ListKey => key in lists

/** A ShownUpdate of a few nuclei since the version `since`, so that a page need not fetch a single label. */
export const shownPatchSchema = z.object({
  slideId: z.number().int(),
  since: z.number().int(),
  nucleiVersion: z.number().int(),
  shownVersion: z.number().int(),
  position: z.array(z.number().int()),
  classId: z.array(z.number().int()),
  confidence: z.array(z.number().int()),
  uncertain: z.array(z.number().int()),
  labelled: z.array(z.number().int()),
  outside: z.array(z.number().int()),
})
export type ShownPatch = z.infer<typeof shownPatchSchema>

/** Largest number of nuclei in a ShownPatch. For more, the page fetches the columns, which are smaller than JSON. */
export const mostInShownPatch = 200

/**
 * Sent on `events`: first the whole state (small, without columns), then patches of it and of the shown classes.
 * Patches are numbered from 1 after each state; a missing number means a lost patch, so listen again. A notice is for
 * the user. 'closed' is the last event of a stream: this host has opened another project.
 */
export const eventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state'), state: projectStateSchema }),
  z.object({
    kind: z.literal('patch'),
    number: z.number().int(),
    patch: statePatchSchema,
    shown: z.array(shownPatchSchema),
  }),
  z.object({ kind: z.literal('closed') }),
  z.object({
    kind: z.literal('notice'),
    level: z.enum(['info', 'warning', 'error']),
    message: messageSchema,
  }),
])
export type HostEvent = z.infer<typeof eventSchema>
