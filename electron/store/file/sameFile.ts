import { realpathSync } from 'node:fs'

/** Returns whether two paths lead to the same file, links resolved. */
export function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return a === b
  }
}
