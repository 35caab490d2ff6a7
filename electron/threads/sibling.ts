import { fileURLToPath } from 'node:url'

/**
 * Returns the path of a module to start as a process or thread. `relative` is relative to the caller and has no
 * extension: the source has .ts (Node runs it directly), the build .js.
 */
export function sibling(callerUrl: string, relative: string): string {
  const extension = callerUrl.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(relative + extension, callerUrl))
}
