import { unclassified } from './unclassified.ts'

export interface ShownClass {
  readonly id: number
  readonly name: string
  /** #rrggbb */
  readonly color: string
}

/** Returns the palette slot of each class id: 0 for unclassified, k + 1 for class k (from 0) of the list. */
export function slotOf(classes: readonly ShownClass[]): Uint8Array {
  const slots = new Uint8Array(65_536)
  classes.slice(0, 255).forEach((c, i) => (slots[c.id] = i + 1))
  return slots
}

export function rgb(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

/** Byte offset of the second line of the palette. */
export const opacityLine = 4 * 256

/**
 * Builds the palette: two lines of 256 RGBA texels. The first holds the colours by row, the second the opacity of each
 * class in alpha (by its slot; 0 hides it). So hiding or fading a class changes one texel, whatever the colours mean. In red, the
 * first texel of the second line says whether nuclei are hidden whose class the model is unsure of.
 */
export function paletteBytes(
  colours: readonly string[],
  classes: readonly ShownClass[],
  opacity: (classId: number) => number,
  hidesUnsure = false,
): Uint8Array {
  const bytes = new Uint8Array(2 * opacityLine)
  colours.slice(0, 256).forEach((color, i) => bytes.set([...rgb(color), 255], 4 * i))
  const all = [unclassified, ...classes.slice(0, 255)]
  all.forEach((c, i) => (bytes[opacityLine + 4 * i + 3] = Math.round(255 * opacity(c.id))))
  bytes[opacityLine] = hidesUnsure ? 255 : 0
  return bytes
}

/** Whether a palette hides nuclei whose class the model is unsure of. */
export const hidesUnsureIn = (palette: Uint8Array): boolean => palette[opacityLine] > 0
