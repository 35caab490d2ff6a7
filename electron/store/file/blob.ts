import { gunzipSync, gzipSync } from 'node:zlib'
import { FailureError } from '../../contract/index.ts'

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

/** A file whose content is not what was written: what can still be read of it may be rescued (see index.ts). */
export class Damage extends FailureError {
  constructor(message: string) {
    super('unreadable', message)
  }
}

export const damaged = (what: string): Damage =>
  new Damage(
    `The project is damaged: ${what} cannot be read. Opening it in Karyon rescues what can be; "karyon project check" tells what is wrong.`,
  )
