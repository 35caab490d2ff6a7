/** The first Node version with `node:sqlite` without a flag. */
const needed = [22, 13] as const

/**
 * Returns a sentence if this Node is too old for Karyon, else undefined. Call it before importing anything else: under
 * an old Node, the imports fail with a stack trace.
 */
export function nodeTooOld(version: string = process.versions.node): string | undefined {
  const [major, minor] = version.split('.').map(Number)
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return undefined
  return `Karyon needs Node ${needed.join('.')} or newer, and this is Node ${version}. "npx karyon" uses the one that comes with Karyon.`
}
