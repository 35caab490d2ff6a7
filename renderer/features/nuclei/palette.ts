import { unclassified } from './unclassified.ts'

export interface ShownClass {
  readonly id: number
  readonly name: string
  /** #rrggbb */
  readonly color: string
}

/** Class ids as rows of the palette: row 0 is the unclassified, class k of the scheme is row k + 1. */
export function slotOf(classes: readonly ShownClass[]): Uint8Array {
  const slots = new Uint8Array(65_536)
  classes.slice(0, 255).forEach((c, i) => (slots[c.id] = i + 1))
  return slots
}

export function rgb(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

/** 256 RGBA rows by slot; alpha 0 hides a class. */
export function paletteBytes(classes: readonly ShownClass[], hidden: ReadonlySet<number>): Uint8Array {
  const bytes = new Uint8Array(256 * 4)
  const all = [unclassified, ...classes.slice(0, 255)]
  all.forEach((c, i) => bytes.set([...rgb(c.color), hidden.has(c.id) ? 0 : 255], 4 * i))
  return bytes
}
