import { promisify } from 'node:util'
import { gunzipSync, gzip, gzipSync } from 'node:zlib'
import { FailureError, message, type Message } from '../../contract/index.ts'

/**
 * Compresses bytes for storage in a project. gzip, because it has a checksum (a flipped bit is noticed on reading) and
 * every browser can unpack it, so chunks are sent to the page unchanged. Level 1: higher levels save little on such
 * columns.
 */
export const pack = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => gzipSync(bytes, { level: 1 })

/** As pack, on a thread of libuv's pool: for much at once, while the host goes on serving. */
export const packOnThread = (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> =>
  promisify(gzip)(bytes, { level: 1 })

/**
 * Unpacks bytes from `pack` and decodes them with `decode`. Throws DamagedFileError ('unreadable') if they are damaged;
 * `part` names them in the message.
 */
export function unpack<T>(bytes: Uint8Array, part: Message, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(new Uint8Array(gunzipSync(bytes)))
  } catch (error) {
    if (error instanceof FailureError) throw error
    throw damageOf(part)
  }
}

/** The project file's content is not what was written. What can still be read may be rescued (see rescue/index.ts). */
export class DamagedFileError extends FailureError {
  constructor(part: Message) {
    super('unreadable', message('projectDamaged', { part }))
  }
}

/** Returns the error for a project file whose `part` cannot be read. */
export const damageOf = (part: Message): DamagedFileError => new DamagedFileError(part)
