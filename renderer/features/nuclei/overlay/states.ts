import type { ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'
import type { Colouring } from '../classes/colouring.ts'
import { stateWidth } from './shaders.ts'

export const labelledFlag = 1
export const selectedFlag = 2
export const outsideFlag = 4

/** The state texture's texels (see shaders.ts) as little-endian words: colour row, strength, flags, class slot. */
export function stateWords(shown: ShownClasses, slots: Uint8Array, colouring: Colouring): Uint32Array {
  const { classId, labelled, outside, count } = shown
  const words = new Uint32Array(Math.max(1, Math.ceil(count / stateWidth)) * stateWidth)
  // Rows of a colouring whose values are still to come are fewer than the nuclei: those beyond are row 0.
  const rows = filled(colouring.rows, count)
  const strengths = colouring.strengths ?? new Uint8Array(count).fill(255)
  // What does not count has no colour of anything that does: row 0 is grey, and the shaders make it a ghost.
  const ghost = (255 << 8) | (outsideFlag << 16)
  for (let i = 0; i < count; i++) {
    const tone = outside[i] ? ghost : rows[i] | (strengths[i] << 8) | (labelled[i] ? labelledFlag << 16 : 0)
    words[i] = tone | (slots[classId[i]] << 24)
  }
  return words
}

function filled(rows: Uint8Array, count: number): Uint8Array {
  if (rows.length >= count) return rows
  const all = new Uint8Array(count)
  all.set(rows)
  return all
}

/** The same with the selected ones marked. */
export function withSelected(words: Uint32Array, selected: readonly number[]): Uint32Array {
  if (selected.length === 0) return words
  const marked = words.slice()
  for (const i of selected) if (i < marked.length) marked[i] |= selectedFlag << 16
  return marked
}
