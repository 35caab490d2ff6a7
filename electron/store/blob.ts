import { gunzipSync, gzipSync } from 'node:zlib'
import { FailureError } from '../contract/index.ts'

/**
 * Bytes as they lie in a project: gzip, because it carries a checksum (a flipped bit is found when it is read) and every
 * browser unpacks it, so that chunks go to the page as they are. Level 1: higher ones save little on such columns.
 */
export const packed = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => gzipSync(bytes, { level: 1 })

/** Inverse of packed, read by `decode`. Fails with 'unreadable' where the bytes are damaged; `what` names them. */
export function unpacked<T>(bytes: Uint8Array, what: string, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(new Uint8Array(gunzipSync(bytes)))
  } catch (error) {
    if (error instanceof FailureError) throw error
    throw damaged(what)
  }
}

export const damaged = (what: string): FailureError =>
  new FailureError(
    'unreadable',
    `The project is damaged: ${what} cannot be read. Restore the file from a backup; "karyon project check" lists all that is wrong.`,
  )
