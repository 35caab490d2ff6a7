// Not the whole contract: the shell reads the settings, and starts sooner without the rest.
import { issueMessage } from '../contract/messages/issueMessage.ts'
import { message, type Message } from '../contract/messages/message.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { appFolder } from './appFolder.ts'

/** Settings of this machine: `settings.json` in the app folder. */
const settingsSchema = z.strictObject({
  /** The OpenSlide library or its folder. Default: where the system looks for libraries. */
  openSlide: z.string().min(1).optional(),
})

/**
 * Puts the settings into the environment, so that all processes started by this one inherit them. Variables that are
 * already set take precedence. Returns a sentence on why the file cannot be used; null if it was used or does not
 * exist.
 */
export function applySettings(environment: NodeJS.ProcessEnv = process.env): Message | null {
  const path = join(appFolder(environment), 'settings.json')
  const unusable = (why: Message) => message('settingsUnusable', { path, why })
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : unusable(message('settingsUnread'))
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return unusable(message('settingsNotJson'))
  }
  const settings = settingsSchema.safeParse(json)
  if (!settings.success) return unusable(issueMessage(settings.error.issues[0]))
  if (settings.data.openSlide !== undefined) environment.KARYON_OPENSLIDE ??= settings.data.openSlide
  return null
}
