import type { Dataset } from './dataset.ts'

/** Text of an attribute, its padding removed; empty where it is absent. */
export const text = (dataset: Dataset | undefined, tag: number): string =>
  (dataset?.values.get(tag)?.toString('latin1') ?? '').replace(/[\0 ]+$/, '').trim()

/** Values of a text attribute of several. */
export const texts = (dataset: Dataset | undefined, tag: number): string[] => text(dataset, tag).split('\\')

/** A decimal or integer string (DS, IS) as numbers; NaN where it is none. */
export const decimals = (dataset: Dataset | undefined, tag: number): number[] =>
  texts(dataset, tag).map((part) => (part.trim() === '' ? NaN : Number(part)))

/** A binary whole number (US, UL, SL) by its length; `otherwise` where it is absent. */
export function whole(dataset: Dataset | undefined, tag: number, otherwise: number): number {
  const bytes = dataset?.values.get(tag)
  if (bytes?.length === 2) return bytes.readUInt16LE(0)
  if (bytes?.length === 4) return bytes.readInt32LE(0)
  return otherwise
}

/** A binary 32-bit float (FL); NaN where it is absent. */
export function float(dataset: Dataset | undefined, tag: number): number {
  const bytes = dataset?.values.get(tag)
  return bytes?.length === 4 ? bytes.readFloatLE(0) : NaN
}
