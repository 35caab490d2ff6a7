import type { Dataset } from './dataset.ts'

/** Returns the text of an attribute without padding; empty if it is absent. */
export const text = (dataset: Dataset | undefined, tag: number): string =>
  (dataset?.values.get(tag)?.toString('latin1') ?? '').replace(/[\0 ]+$/, '').trim()

/** Returns the values of a text attribute with several values. */
export const texts = (dataset: Dataset | undefined, tag: number): string[] => text(dataset, tag).split('\\')

/** Returns decimal or integer strings (DS, IS) as numbers; NaN for what is not a number. */
export const decimals = (dataset: Dataset | undefined, tag: number): number[] =>
  texts(dataset, tag).map((part) => (part.trim() === '' ? NaN : Number(part)))

/** Returns a binary whole number (US, UL, SL, told apart by length); `otherwise` if it is absent. */
export function whole(dataset: Dataset | undefined, tag: number, otherwise: number): number {
  const bytes = dataset?.values.get(tag)
  if (bytes?.length === 2) return bytes.readUInt16LE(0)
  if (bytes?.length === 4) return bytes.readInt32LE(0)
  return otherwise
}

/** Returns a binary 32-bit float (FL); NaN if it is absent. */
export function float(dataset: Dataset | undefined, tag: number): number {
  const bytes = dataset?.values.get(tag)
  return bytes?.length === 4 ? bytes.readFloatLE(0) : NaN
}
