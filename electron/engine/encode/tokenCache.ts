import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeColumns, encodeColumns, type Nuclei, type Precision } from '../../contract/index.ts'
import { usualStride } from '../../../models/tiling/cropPlan.ts'
import { encoderHash, type Network } from './encoder.ts'

/**
 * Returns the key of a slide's token cache. The cache holds the tokens of the nuclei on disk, as float16 in the order
 * of the nuclei, and can be rebuilt. It is valid only for the slide file, scale, boxes, crop plan, encoder and
 * precision in the key.
 */
export async function tokenKey(
  slide: string,
  mpp: number,
  nuclei: Pick<Nuclei, 'origin' | 'box'>,
  network: Network,
  precision: Precision = 'float32',
): Promise<string> {
  const { size, mtimeMs } = await stat(slide).catch(() => ({ size: 0, mtimeMs: 0 }))
  const hash = createHash('sha256').update(`${size} ${mtimeMs} ${mpp} ${usualStride} ${encoderHash(network)}`)
  if (precision !== 'float32') hash.update(precision)
  for (const column of [nuclei.origin, nuclei.box])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('hex')
}

/** Reads the cached tokens [count, width] in float16. Returns undefined if there are none for this key. */
export async function readTokens(path: string, key: string, width: number): Promise<Float16Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return undefined
  try {
    const columns = decodeColumns(bytes)
    if (Buffer.from(columns.key as Uint8Array).toString('hex') !== key || columns.tokens.length % width !== 0)
      return undefined
    return columns.tokens as Float16Array
  } catch {
    return undefined // a damaged cache is rebuilt
  }
}

let float32Of: Float32Array | undefined

/**
 * Converts rows of float16 tokens to float32 with a table of all 65,536 values. Reading a Float16Array is 20 times
 * slower.
 * @param into [index.length, width]
 */
export function widenRows(tokens: Float16Array, index: ArrayLike<number>, width: number, into: Float32Array): void {
  float32Of ??= Float32Array.from(new Float16Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer))
  const table = float32Of
  const bits = new Uint16Array(tokens.buffer, tokens.byteOffset, tokens.length)
  for (let i = 0, at = 0; i < index.length; i++)
    for (let k = index[i] * width, end = k + width; k < end; k++, at++) into[at] = table[bits[k]]
}

/**
 * Writes the cache. Ignores a failure (full disk, read-only folder): the next run is then only slower. Makes the file's
 * folder but none above it: those of a drive that is away must not appear again.
 */
export async function writeTokens(path: string, key: string, tokens: Float16Array): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`
  try {
    await mkdir(dirname(path)).catch(() => undefined)
    await writeFile(temporary, encodeColumns({ key: Uint8Array.from(Buffer.from(key, 'hex')), tokens }))
    await rename(temporary, path)
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}
