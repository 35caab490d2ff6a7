import { realpathSync } from 'node:fs'

/** Whether two paths are one file, by whatever links. */
export function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return a === b
  }
}
