import { z } from 'zod'
import { messageSchema } from '../messages/messageSchema.ts'

const fields = {
  /** The OpenSlide library or its folder. Default: where the system looks for libraries. */
  openSlide: z.string().min(1),
  language: z.enum(['en', 'de']),
  theme: z.enum(['light', 'dark']),
  /** Number of threads that the engine may use. Default: all of the processor. */
  threads: z.number().int().min(1).max(256),
  /** Memory that a training may plan with, MB (10⁶ bytes). Default: what is free when it starts. */
  memoryMB: z.number().int().min(1_000).max(10_000_000),
  /** True once the first steps were gone through or skipped. */
  guideSeen: z.boolean(),
}

/** Settings of this workstation, whatever project is open: `settings.json` in the app folder. */
export const settingsSchema = z.strictObject(fields).partial()
export type Settings = z.infer<typeof settingsSchema>

/** Changes of the settings. null takes a setting back, so that its default holds. */
export const settingsChangeSchema = z
  .strictObject({
    openSlide: fields.openSlide.nullable(),
    language: fields.language.nullable(),
    theme: fields.theme.nullable(),
    threads: fields.threads.nullable(),
    memoryMB: fields.memoryMB.nullable(),
    guideSeen: fields.guideSeen,
  })
  .partial()
export type SettingsChange = z.infer<typeof settingsChangeSchema>

/** The settings, and what is in use now: some take effect only when Karyon is started again. */
export const settingsViewSchema = z.object({
  settings: settingsSchema,
  /** Path of settings.json. */
  path: z.string(),
  /** Limits that the engine runs with; null until it has answered. memoryMB null: no limit. */
  engine: z.object({ threads: z.number().int(), memoryMB: z.number().nullable() }).nullable(),
  /** Number of threads of the processor. */
  processors: z.number().int(),
  /** Memory of the machine, MB. */
  machineMB: z.number(),
  /** The open project's token cache, which can be rebuilt. */
  cache: z.object({ folder: z.string(), bytes: z.number() }),
  /** Folder of the log files; null: none were written. */
  logs: z.string().nullable(),
})
export type SettingsView = z.infer<typeof settingsViewSchema>

/** Whether the OpenSlide library is used. */
export const openSlideUseSchema = z.object({
  /** Version of the library; null: it is not used. */
  version: z.string().nullable(),
  /** Why it is not used; null: it is. */
  why: messageSchema.nullable(),
  /** Where it is looked for, if that was named; else ''. */
  place: z.string(),
})
export type OpenSlideUse = z.infer<typeof openSlideUseSchema>
