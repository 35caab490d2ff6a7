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

/** Where the second line of the palette begins, bytes. */
export const opacityLine = 4 * 256

/**
 * Two lines of 256 RGBA: colours by row, and below them in alpha how opaque each class is (by its slot; 0 hides it). So
 * hiding a class or fading it changes one texel, whatever the colours mean.
 */
export function paletteBytes(
  colours: readonly string[],
  classes: readonly ShownClass[],
  opacity: (classId: number) => number,
): Uint8Array {
  const bytes = new Uint8Array(2 * opacityLine)
  colours.slice(0, 256).forEach((color, i) => bytes.set([...rgb(color), 255], 4 * i))
  const all = [unclassified, ...classes.slice(0, 255)]
  all.forEach((c, i) => (bytes[opacityLine + 4 * i + 3] = Math.round(255 * opacity(c.id))))
  return bytes
}
