import type { ShownClasses } from '../../../../electron/contract/shown.ts'
import { stateWidth } from './shaders.ts'

export const labelledFlag = 1
export const selectedFlag = 2

/** The state texture's texels (see shaders.ts): palette slot, confidence, flags, 0 per nucleus, whole rows. */
export function writeStates(
  shown: ShownClasses,
  slots: Uint8Array,
  selected: readonly number[],
): { bytes: Uint8Array; rows: number } {
  const rows = Math.max(1, Math.ceil(shown.count / stateWidth))
  const words = new Uint32Array(rows * stateWidth)
  const { classId, confidence, labelled, count } = shown
  for (let i = 0; i < count; i++)
    words[i] = slots[classId[i]] | (confidence[i] << 8) | ((labelled[i] ? labelledFlag : 0) << 16)
  for (const i of selected) if (i < count) words[i] |= selectedFlag << 16
  return { bytes: new Uint8Array(words.buffer), rows }
}
