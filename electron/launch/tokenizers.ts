import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FailureError, message } from '../contract/index.ts'
import { installation } from './installation.ts'

/** The tokenizer used where nobody names one. */
export const defaultTokenizerId = 'he-64of512'

/** A tokenizer by path (a folder, or DALL-E's encoder.pkl), or a built-in one by id. */
export async function findTokenizer(idOrPath: string = defaultTokenizerId): Promise<string> {
  if (existsSync(idOrPath)) return resolve(idOrPath)
  const { builtInTokenizers } = installation()
  const builtIn = join(builtInTokenizers, idOrPath)
  if (/^[\w.-]+$/.test(idOrPath) && existsSync(join(builtIn, 'tokenizer.json'))) return builtIn
  const known = await readdir(builtInTokenizers).catch(() => [])
  throw new FailureError('not-found', message('tokenizerChoice', { known, given: idOrPath }))
}
