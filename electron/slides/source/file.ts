import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'
import { openReopening, type ReopeningFile } from './reopeningFile.ts'

/** A slide's file, read by position. Every read is checked against the file's size. */
export interface SlideFile {
  readonly path: string
  /** Index of the requested entry in a file with several: 17 for "images.npy#17". */
  readonly entry?: number
  /** Number of the requested image in a file with several, from 1; absent: the reader chooses. */
  readonly image?: number
  /** File name, for messages. */
  readonly name: string
  readonly size: number
  /** The first bytes, at most headLength: enough to recognise a format. */
  readonly head: Buffer
  /**
   * Returns `length` bytes from `offset`. Throws FailureError 'unreadable', naming `what`, if they are outside the
   * file.
   */
  read(offset: number, length: number, part: Message): Promise<Buffer>
  close(): Promise<void>
}

const headLength = 1024
/** No read of an intact slide is nearly this large: the largest are tiles and tables of tiles. */
const maxRead = 256 * 2 ** 20

/** Throws `error` as a FailureError if the operating system refused, else unchanged (a bug). */
function throwSystemFailure(error: unknown, doing: Parameters<typeof systemFailure>[1]): never {
  const failure = systemFailure(error, doing)
  if (failure) throw FailureError.of(failure)
  throw error
}

const imageSuffix = /^(.+)#image=(\d+)$/s

/** Returns the path and the number in "slide.tif#image=2"; a file that is really called so comes first. */
export async function namedImage(named: string): Promise<{ path: string; image?: number }> {
  const [, path, image] = imageSuffix.exec(named) ?? []
  const isFile = path === undefined || (await stat(named).then(Boolean, () => false))
  return isFile ? { path: named } : { path, image: Number(image) }
}

/**
 * Opens a file for reading. "slide.tif#image=2" is image 2 of a file with several, as `wanted` is. "stack.npy#17" is
 * entry 17 of a NumPy stack. Throws FailureError if the file is missing, forbidden, a folder or empty.
 */
export async function openSlideFile(given: string, wanted?: number): Promise<SlideFile> {
  const { path: named, image = wanted } = await namedImage(given)
  const [, path, entry] = /^(.*?)(?:(?<=\.npy)#(\d+))?$/is.exec(named) as unknown as [
    string,
    string,
    string | undefined,
  ]
  const name = basename(named)
  let handle: ReopeningFile
  try {
    const found = await stat(path)
    if (found.isDirectory())
      throw new FailureError(
        'invalid-input',
        message('refused', { doing: 'openSlide', path: named, reason: 'folderNotSlide' }),
      )
    // Opening a pipe or a device could wait for ever.
    if (!found.isFile())
      throw new FailureError(
        'invalid-input',
        message('refused', { doing: 'openSlide', path: named, reason: 'notOrdinary' }),
      )
    handle = await openReopening(path, name)
  } catch (error) {
    if (error instanceof FailureError) throw error
    throwSystemFailure(error, { do: 'openSlide', path: named })
  }
  const { size } = handle
  let closed = false
  const read = async (offset: number, length: number, part: Message): Promise<Buffer> => {
    if (closed) throw new FailureError('cancelled', message('slideClosed', { file: name }))
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
      throw new FailureError('unreadable', message('beyondAnyFile', { file: name, part }))
    if (offset + length > size)
      throw new FailureError('unreadable', message('beyondEnd', { file: name, part, end: offset + length, size }))
    if (length > maxRead) throw new FailureError('unreadable', message('tooLong', { file: name, part, bytes: length }))
    const bytes = Buffer.allocUnsafe(length)
    try {
      for (let at = 0; at < length;) {
        const bytesRead = await handle.read(bytes, at, length - at, offset + at)
        if (bytesRead === 0) throw new FailureError('unreadable', message('becameShorter', { file: name, part }))
        at += bytesRead
      }
    } catch (error) {
      if (error instanceof FailureError) throw error
      throwSystemFailure(error, { do: 'readSlide', path })
    }
    return bytes
  }
  const close = async () => {
    if (closed) return
    closed = true
    await handle.close()
  }
  try {
    if (size === 0)
      throw new FailureError('empty', message('refused', { doing: 'openSlide', path: named, reason: 'emptyFile' }))
    const head = await read(0, Math.min(headLength, size), message('partBytes'))
    return { path, entry: entry === undefined ? undefined : Number(entry), image, name, size, head, read, close }
  } catch (error) {
    await close()
    throw error
  }
}
