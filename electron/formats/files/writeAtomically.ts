import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { FailureError, message, systemFailure } from '../../contract/index.ts'

const chunkLength = 1 << 18

/** Joins many short texts into larger pieces, because one stream write per nucleus costs more than the text itself. */
export function* joinedPieces(pieces: Iterable<string | Uint8Array>): Generator<Uint8Array<ArrayBufferLike>> {
  let text = ''
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      if (text) yield Buffer.from(text)
      text = ''
      yield piece
      continue
    }
    text += piece
    if (text.length < chunkLength) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

/** Does the same for pieces that may be made over time, such as an encoded picture. */
export async function* inChunks(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBufferLike>> {
  if (Symbol.iterator in pieces) yield* joinedPieces(pieces)
  else for await (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
}

/**
 * Writes text or bytes to a temporary file beside `path` and renames it when it is complete and on disk. Readers see the
 * old file or the new one, never half of one. Memory does not grow with the length.
 *
 * @param options.gzip compress; by default if the path ends in .gz
 * @throws FailureError read-only, disk-full, not-found … with the reason; no half file stays behind
 */
export async function writeAtomically(
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  options: { gzip?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const gzip = options.gzip ?? path.toLowerCase().endsWith('.gz')
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID().slice(0, 8)}.part`)
  try {
    const source = Readable.from(inChunks(pieces), { objectMode: false, highWaterMark: chunkLength })
    const file = createWriteStream(temporary, { flags: 'wx', flush: true })
    const { signal } = options
    if (gzip) await pipeline(source, createGzip(), file, { signal })
    else await pipeline(source, file, { signal })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    if (options.signal?.aborted)
      throw new FailureError('cancelled', message('writingCancelled', { file: basename(path) }))
    const failure = systemFailure(error, { do: 'writeFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}
