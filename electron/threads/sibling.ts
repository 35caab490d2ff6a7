import { fileURLToPath } from 'node:url'

/**
 * Path of a module to start as a process or thread, given without extension relative to the caller: the source is
 * .ts (Node runs it as it is), the build is .js, and both must find their neighbours.
 */
export function sibling(callerUrl: string, relative: string): string {
  const extension = callerUrl.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(relative + extension, callerUrl))
}
