import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { FailureError, systemFailure } from '../../contract/index.ts'

/** Identifies a slide file without reading gigabytes. */
export interface FileIdentity {
  readonly size: number
  /** SHA-256 of the size and of 64 KB each at the start, the middle and the end of the file. */
  readonly sampledHash: string
}

const sample = 65_536

/**
 * Reads the identity of a file. Throws FailureError with the system's reason ('not-found', …) if the file cannot be
 * read.
 */
export function fileIdentity(path: string): FileIdentity {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const hash = createHash('sha256').update(String(size))
    const buffer = Buffer.alloc(sample)
    for (const position of [0, Math.max(0, Math.floor((size - sample) / 2)), Math.max(0, size - sample)])
      hash.update(buffer.subarray(0, readSync(file, buffer, 0, sample, position)))
    return { size, sampledHash: hash.digest('hex') }
  } catch (error) {
    const failure = systemFailure(error, { do: 'readFile', path })
    throw failure ? FailureError.of(failure) : error
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Returns the SHA-256 of a whole file. Reads gigabytes in seconds, so it is asked only where `fileIdentity` cannot tell. */
export function hashOfFile(path: string): string {
  const file = openSync(path, 'r')
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.alloc(1 << 22)
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      hash.update(buffer.subarray(0, read))
    return hash.digest('hex')
  } finally {
    closeSync(file)
  }
}
