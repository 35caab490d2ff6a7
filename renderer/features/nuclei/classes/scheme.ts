import type { NucleusClass } from '../../../../electron/contract/index.ts'

/** As in the contract: a digit or a lower-case letter. */
const isKey = /^[\p{Ll}\p{Lo}\d]$/u

/**
 * Returns the key typed into a field: its last character, '' if the field was emptied, or null if no class can have
 * that key.
 */
export function keyTyped(text: string): string | null {
  const key = [...text.trim()].at(-1)?.toLowerCase() ?? ''
  return key === '' || isKey.test(key) ? key : null
}

export type ClassField = 'name' | 'color' | 'key'
/** Field values that the project does not have (yet), by class id; undefined: the field shows the project's value. */
export type Drafts = ReadonlyMap<number, Partial<Record<ClassField, string | undefined>>>

/** Returns the classes with the drafts applied. */
export const withDrafts = (classes: readonly NucleusClass[], drafts: Drafts): NucleusClass[] =>
  classes.map((c) => {
    const { name = c.name, color = c.color, key = c.key } = drafts.get(c.id) ?? {}
    return { ...c, name, color, key }
  })

/** Returns the drafts without the values that the project now has. */
export function openDrafts(drafts: Drafts, classes: readonly NucleusClass[]): Drafts {
  const open = new Map<number, Partial<Record<ClassField, string | undefined>>>()
  for (const c of classes) {
    const { name, color, key } = drafts.get(c.id) ?? {}
    const left = {
      name: name === c.name ? undefined : name,
      color: color === c.color ? undefined : color,
      key: key === c.key ? undefined : key,
    }
    if (Object.values(left).some((value) => value !== undefined)) open.set(c.id, left)
  }
  return open
}
