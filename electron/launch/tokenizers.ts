import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FailureError, message } from '../contract/index.ts'
import { installation } from './installation.ts'

/** The tokenizer that is used by default: for networks without a stem, and with one. */
export const defaultTokenizerId = 'he-64of512'
export const stemTokenizerId = 'stem-256'

/**
 * Returns the path of a tokenizer, given a path (a folder, or DALL-E's encoder.pkl) or the id of a built-in one. Throws
 * FailureError 'not-found'.
 */
export async function findTokenizer(idOrPath: string = defaultTokenizerId): Promise<string> {
  if (existsSync(idOrPath)) return resolve(idOrPath)
  const { builtInTokenizers } = installation()
  const builtIn = join(builtInTokenizers, idOrPath)
  if (/^[\w.-]+$/.test(idOrPath) && existsSync(join(builtIn, 'tokenizer.json'))) return builtIn
  const known = await readdir(builtInTokenizers).catch(() => [])
  throw new FailureError('not-found', message('tokenizerChoice', { known, given: idOrPath }))
}
