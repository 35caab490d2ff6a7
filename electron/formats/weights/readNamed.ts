import { readFile } from 'node:fs/promises'
import { FailureError, systemFailure } from '../../contract/index.ts'

/** A file's bytes. Where it cannot be read the failure says what it is for ("the weights"). */
export async function readNamed(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const failure = systemFailure(error, `read ${what} ${path}`)
    if (failure) throw FailureError.of(failure)
    throw error
  }
}
