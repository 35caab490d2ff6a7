import { gunzipSync, gzipSync } from 'node:zlib'
import { FailureError, message, type Message } from '../../contract/index.ts'

/**
 * Compresses bytes for storage in a project. gzip, because it has a checksum (a flipped bit is noticed on reading) and
 * every browser can unpack it, so chunks are sent to the page unchanged. Level 1: higher levels save little on such
 * columns.
 */
export const pack = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => gzipSync(bytes, { level: 1 })

/**
 * Unpacks bytes from `packed` and decodes them with `decode`. Throws Damage ('unreadable') if they are damaged; `what`
 * names them in the message.
 */
export function unpack<T>(bytes: Uint8Array, part: Message, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(new Uint8Array(gunzipSync(bytes)))
  } catch (error) {
    if (error instanceof FailureError) throw error
    throw damaged(part)
  }
}

/** The project file's content is not what was written. What can still be read may be rescued (see rescue/index.ts). */
export class DamagedFileError extends FailureError {
  constructor(part: Message) {
    super('unreadable', message('projectDamaged', { part }))
  }
}

/** `part` cannot be read. */
export const damaged = (part: Message): DamagedFileError => new DamagedFileError(part)
