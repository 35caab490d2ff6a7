import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeColumns, encodeColumns, type Nuclei } from '../contract/index.ts'
import { encoderHash, type Network } from './network.ts'

/**
 * Tokens of a slide's nuclei on disk: rebuildable, float16, in the order of the nuclei. Valid only for the same slide
 * file, scale, boxes and encoder, which the key names.
 */
export async function tokenKey(slide: string, mpp: number, nuclei: Nuclei, network: Network): Promise<string> {
  const { size, mtimeMs } = await stat(slide).catch(() => ({ size: 0, mtimeMs: 0 }))
  const hash = createHash('sha256').update(`${size} ${mtimeMs} ${mpp} ${encoderHash(network)}`)
  for (const column of [nuclei.origin, nuclei.box])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('hex')
}

/** The cached tokens [count, width], or undefined where there are none for this key. */
export async function readTokens(path: string, key: string, width: number): Promise<Float32Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return undefined
  try {
    const columns = decodeColumns(bytes)
    if (Buffer.from(columns.key as Uint8Array).toString('hex') !== key || columns.tokens.length % width !== 0)
      return undefined
    return Float32Array.from(columns.tokens)
  } catch {
    return undefined // a damaged cache is made again
  }
}

/** Writes the cache; a cache that cannot be written (full disk, read-only folder) is only slower next time. */
export async function writeTokens(path: string, key: string, tokens: Float16Array): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(temporary, encodeColumns({ key: Uint8Array.from(Buffer.from(key, 'hex')), tokens }))
    await rename(temporary, path)
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}
