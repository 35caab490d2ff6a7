import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeColumns, encodeColumns, type Nuclei, type Precision } from '../../contract/index.ts'
import { encoderHash, type Network } from './encoder.ts'

/**
 * Tokens of a slide's nuclei on disk: rebuildable, float16, in the order of the nuclei. Valid only for the same slide
 * file, scale, boxes, encoder and its precision, which the key names.
 */
export async function tokenKey(
  slide: string,
  mpp: number,
  nuclei: Nuclei,
  network: Network,
  precision: Precision = 'float32',
): Promise<string> {
  const { size, mtimeMs } = await stat(slide).catch(() => ({ size: 0, mtimeMs: 0 }))
  const hash = createHash('sha256').update(`${size} ${mtimeMs} ${mpp} ${encoderHash(network)}`)
  if (precision !== 'float32') hash.update(precision)
  for (const column of [nuclei.origin, nuclei.box])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('hex')
}

/** The cached tokens [count, width] as they lie in the file, or undefined where there are none for this key. */
export async function readTokens(path: string, key: string, width: number): Promise<Float16Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes) return undefined
  try {
    const columns = decodeColumns(bytes)
    if (Buffer.from(columns.key as Uint8Array).toString('hex') !== key || columns.tokens.length % width !== 0)
      return undefined
    return columns.tokens as Float16Array
  } catch {
    return undefined // a damaged cache is made again
  }
}

let float32Of: Float32Array | undefined

/**
 * Rows of float16 tokens as float32, through a table of all 65,536 numbers: reading a Float16Array costs 20 times more.
 * @param into [index.length, width]
 */
export function widenRows(tokens: Float16Array, index: ArrayLike<number>, width: number, into: Float32Array): void {
  float32Of ??= Float32Array.from(new Float16Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer))
  const table = float32Of
  const bits = new Uint16Array(tokens.buffer, tokens.byteOffset, tokens.length)
  for (let i = 0, at = 0; i < index.length; i++)
    for (let k = index[i] * width, end = k + width; k < end; k++, at++) into[at] = table[bits[k]]
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
