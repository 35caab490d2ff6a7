// Not the whole contract: the shell reads the settings, and starts sooner without the rest.
import { settingsSchema, type Settings } from '../contract/api/settings.ts'
import { issueMessage } from '../contract/messages/issueMessage.ts'
import { message, type Message } from '../contract/messages/message.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appFolder } from './appFolder.ts'

/** Returns the path of this workstation's settings. */
export const settingsFile = (folder: string): string => join(folder, 'settings.json')

/** Returns the settings in a folder, empty if there is no file, or a sentence on why the file cannot be used. */
export function readSettings(folder: string): { settings: Settings } | { unusable: Message } {
  const path = settingsFile(folder)
  const unusable = (why: Message) => ({ unusable: message('settingsUnusable', { path, why }) })
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { settings: {} } : unusable(message('settingsUnread'))
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return unusable(message('settingsNotJson'))
  }
  const parsed = settingsSchema.safeParse(json)
  return parsed.success ? { settings: parsed.data } : unusable(issueMessage(parsed.error.issues[0]))
}

/**
 * Puts the settings into the environment, so that all processes started by this one inherit them. Variables that are
 * already set take precedence. Returns a sentence on why the file cannot be used; null if it was used or does not
 * exist.
 */
export function applySettings(environment: NodeJS.ProcessEnv = process.env): Message | null {
  const read = readSettings(appFolder(environment))
  if ('unusable' in read) return read.unusable
  const { openSlide, threads, memoryMB } = read.settings
  if (openSlide !== undefined) environment.KARYON_OPENSLIDE ??= openSlide
  if (threads !== undefined) environment.KARYON_THREADS ??= String(threads)
  if (memoryMB !== undefined) environment.KARYON_MEMORY_MB ??= String(memoryMB)
  return null
}
