import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { decodeColumns, encodeColumns } from '../contract/index.ts'

/** What one step did to labels: nucleus ids ascending, class id before and after (0 = none). Equal lengths. */
export interface Changes {
  readonly ids: Uint32Array
  readonly before: Uint16Array
  readonly after: Uint16Array
}

/** Compressed bytes of `changes`: ids as differences, because those of a bulk step are small and alike. */
export function encodeChanges({ ids, before, after }: Changes): Uint8Array {
  const idSteps = ids.map((id, i) => (i === 0 ? id : id - ids[i - 1]))
  // Level 1: 500,000 changes in tens of milliseconds; higher levels save little on such columns.
  return deflateRawSync(encodeColumns({ idSteps, before, after }), { level: 1 })
}

/** Inverse of encodeChanges. Throws RangeError on damaged bytes. */
export function decodeChanges(bytes: Uint8Array): Changes {
  const { idSteps, before, after } = decodeColumns(new Uint8Array(inflateRawSync(bytes)))
  const ids = Uint32Array.from(idSteps)
  for (let i = 1; i < ids.length; i++) ids[i] += ids[i - 1]
  return { ids, before: Uint16Array.from(before), after: Uint16Array.from(after) }
}

export const reversed = ({ ids, before, after }: Changes): Changes => ({ ids, before: after, after: before })
