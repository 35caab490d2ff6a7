/** The first Node with `node:sqlite` and no flag for it. */
const needed = [22, 13] as const

/**
 * A sentence where this Node is too old for Karyon, else undefined. To be asked before anything else is imported: the
 * imports of an old Node fail with a stack trace.
 */
export function tooOldNode(version: string = process.versions.node): string | undefined {
  const [major, minor] = version.split('.').map(Number)
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return undefined
  return `Karyon needs Node ${needed.join('.')} or newer, and this is Node ${version}. "npx karyon" uses the one that comes with Karyon.`
}
