import { readFile } from 'node:fs/promises'
import { FailureError, systemFailure } from '../../contract/index.ts'

/** Reads a file's bytes. Throws the system's refusal as FailureError. */
export async function readNamed(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const failure = systemFailure(error, { do: 'readFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}
