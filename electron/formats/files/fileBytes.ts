import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { FailureError, message, systemFailure } from '../../contract/index.ts'

/** Reads the file's first `length` bytes as they are on disk. */
async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/**
 * Yields a file's content in pieces, unpacked if it is gzip (recognised by its first bytes, not by its name).
 *
 * @throws FailureError not-found, read-only … as the system says; unreadable where the compressed data is damaged
 */
export async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  try {
    const magic = await firstBytes(path, 2)
    const file = createReadStream(path, { highWaterMark: 1 << 20 })
    if (magic[0] !== 0x1f || magic[1] !== 0x8b) return yield* file
    const unpacked = createGunzip({ chunkSize: 1 << 20 })
    file.once('error', (error) => unpacked.destroy(error))
    yield* file.pipe(unpacked)
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^Z_/.test(String(error.code)))
      throw new FailureError('unreadable', message('gzipDamaged', { file: basename(path) }))
    const failure = systemFailure(error, { do: 'readFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}

/** Returns the text encoding of a file by its first bytes: a byte order mark, or the zeros beside ASCII in UTF-16. */
function encodingOf(start: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [a, b] = start
  if ((a === 0xff && b === 0xfe) || (a > 0 && b === 0)) return 'utf-16le'
  return (a === 0xfe && b === 0xff) || (a === 0 && b > 0) ? 'utf-16be' : 'utf-8'
}

/**
 * Yields a text file's content in UTF-8 without byte order mark, whether it is written in UTF-8 or in UTF-16 (as Windows
 * PowerShell does). Throws the same as `fileBytes`.
 */
export async function* textBytes(path: string): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  let isFirst = true
  for await (const bytes of fileBytes(path)) {
    if (isFirst) {
      const encoding = encodingOf(bytes)
      if (encoding !== 'utf-8') decoder = new TextDecoder(encoding)
    }
    const isMarked = isFirst && !decoder && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    isFirst = false
    if (decoder) yield Buffer.from(decoder.decode(bytes, { stream: true }))
    else yield isMarked ? bytes.subarray(3) : bytes
  }
  const rest = decoder?.decode()
  if (rest) yield Buffer.from(rest)
}

/** Returns the beginning of a file's (unpacked) text, from which its format is recognised. `length` counts bytes. */
export async function fileHead(path: string, length = 4096): Promise<string> {
  let head = Buffer.alloc(0)
  for await (const chunk of textBytes(path)) {
    head = Buffer.concat([head, chunk])
    if (head.length >= length) break
  }
  return head.subarray(0, length).toString('utf8')
}

/** Returns the first bytes of a file's (unpacked) content. */
export async function headBytes(path: string, length = 64): Promise<Buffer> {
  let head = Buffer.alloc(0)
  for await (const chunk of fileBytes(path)) {
    head = Buffer.concat([head, chunk])
    if (head.length >= length) break
  }
  return head.subarray(0, length)
}
