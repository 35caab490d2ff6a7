import type { ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'
import type { Colouring } from '../classes/colouring.ts'
import { stateWidth } from './shaders.ts'

export const labelledFlag = 1
export const selectedFlag = 2
export const outsideFlag = 4
export const unsureFlag = 8

const selectedBit = selectedFlag << 16
/** A nucleus outside the tissue gets none of the class colours: row 0 is grey, and the shaders draw it as a ghost. */
const ghost = (255 << 8) | (outsideFlag << 16)

/** Input for the state texture. */
export interface StateScene {
  readonly shown: ShownClasses
  /** Slot of each class id. */
  readonly slots: Uint8Array
  readonly colouring: Pick<Colouring, 'rows' | 'strengths'>
}

/**
 * Returns the texels of the state texture (see shaders.ts) as little-endian words: colour row, strength, flags, class
 * slot. No nucleus is selected.
 */
export function stateWords(scene: StateScene): Uint32Array {
  const words = new Uint32Array(Math.max(1, Math.ceil(scene.shown.count / stateWidth)) * stateWidth)
  putStates(words, scene, null)
  return words
}

/** Rewrites the texels of the nuclei at some positions (null: all). The selected flag is kept. */
export function putStates(words: Uint32Array, scene: StateScene, positions: Uint32Array | null): void {
  const { classId, labelled, uncertain, outside, count } = scene.shown
  const { slots } = scene
  const { rows, strengths } = scene.colouring
  const last = positions?.length ?? count
  for (let k = 0; k < last; k++) {
    const i = positions ? positions[k] : k
    const strength = strengths ? strengths[i] : 255
    const flag = labelled[i] ? labelledFlag : uncertain[i] ? unsureFlag : 0
    const tone = outside[i] ? ghost : rows[i] | (strength << 8) | (flag << 16)
    words[i] = tone | (slots[classId[i]] << 24) | (words[i] & selectedBit)
  }
}

/** Marks nuclei as selected or not selected. */
export function select(words: Uint32Array, positions: ArrayLike<number>, isSelected: boolean): void {
  for (let k = 0; k < positions.length; k++) {
    if (isSelected) words[positions[k]] |= selectedBit
    else words[positions[k]] &= ~selectedBit
  }
}

/** A contiguous part of one row of the state texture. */
export interface TexelRun {
  readonly row: number
  readonly from: number
  readonly to: number
}

const mostRuns = 256

/**
 * Returns the parts of rows that hold some positions (ascending), or null if uploading the whole texture is as cheap.
 */
export function texelRuns(positions: Uint32Array): TexelRun[] | null {
  const runs: { row: number; from: number; to: number }[] = []
  for (const i of positions) {
    const [row, column] = [Math.floor(i / stateWidth), i % stateWidth]
    const last = runs.at(-1)
    if (last?.row === row) last.to = column + 1
    else if (runs.length === mostRuns) return null
    else runs.push({ row, from: column, to: column + 1 })
  }
  return runs
}
