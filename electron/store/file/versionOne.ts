import { inflateRawSync } from 'node:zlib'
import { decodeColumns, type Nuclei } from '../../contract/index.ts'
import type { LabelChanges } from '../log/labelChanges.ts'

/**
 * Decodes the content of a label step of version 1: one piece, ids as differences. Throws RangeError if the bytes are
 * damaged.
 */
export function decodeOldChanges(bytes: Uint8Array): LabelChanges {
  const { idSteps, before, after } = decodeColumns(new Uint8Array(inflateRawSync(bytes)))
  const ids = Uint32Array.from(idSteps)
  for (let i = 1; i < ids.length; i++) ids[i] += ids[i - 1]
  return { ids, before: Uint16Array.from(before), after: Uint16Array.from(after) }
}

/** Decodes a chunk of nuclei of version 1: columns, not compressed. Throws RangeError if the bytes are damaged. */
export function decodeOldNuclei(bytes: Uint8Array): Nuclei {
  const c = decodeColumns(bytes)
  const nuclei = {
    count: c.id?.length ?? 0,
    origin: c.origin as Float64Array,
    id: c.id as Uint32Array,
    box: c.box as Float32Array,
    outlineStart: c.outlineStart as Uint32Array,
    outline: c.outline as Float32Array,
    source: c.source as Uint8Array,
  }
  if (
    nuclei.origin?.length !== 2 ||
    nuclei.box?.length !== 4 * nuclei.count ||
    nuclei.outlineStart?.length !== nuclei.count + 1 ||
    nuclei.source?.length !== nuclei.count ||
    nuclei.outline?.length !== 2 * (nuclei.outlineStart[nuclei.count] ?? 0)
  )
    throw new RangeError('Nucleus columns disagree about their number.')
  return nuclei
}
