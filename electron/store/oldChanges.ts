import { inflateRawSync } from 'node:zlib'
import { decodeColumns } from '../contract/index.ts'
import type { LabelChanges } from './labelChanges.ts'

/** Content of a label step in version 1: one piece, ids as differences. Throws RangeError on damaged bytes. */
export function decodeOldChanges(bytes: Uint8Array): LabelChanges {
  const { idSteps, before, after } = decodeColumns(new Uint8Array(inflateRawSync(bytes)))
  const ids = Uint32Array.from(idSteps)
  for (let i = 1; i < ids.length; i++) ids[i] += ids[i - 1]
  return { ids, before: Uint16Array.from(before), after: Uint16Array.from(after) }
}
