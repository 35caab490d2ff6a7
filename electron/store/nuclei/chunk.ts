import {
  headOf,
  packHead,
  packOutlines,
  unpackHead,
  unpackNuclei,
  type Nuclei,
  type NucleusHead,
  message,
} from '../../contract/index.ts'
import { pack, unpack } from '../file/blob.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

/** A chunk, packed as in the file. `bounds`: xmin, ymin, xmax, ymax in level-0 pixels. */
export interface PackedChunk {
  readonly count: number
  readonly bounds: readonly [number, number, number, number]
  readonly head: Uint8Array<ArrayBuffer>
  readonly outlines: Uint8Array<ArrayBuffer>
}

/**
 * Packs nuclei into a chunk. `since`: see NucleusHead. Throws FailureError 'invalid-input' if a coordinate is not a
 * position on a slide.
 */
export function packChunk(nuclei: Nuclei, since: Uint32Array): PackedChunk {
  return {
    count: nuclei.count,
    bounds: bounds(nuclei),
    head: pack(packHead(headOf(nuclei, since))),
    outlines: pack(packOutlines(nuclei)),
  }
}

/** Throws DamagedFileError ('unreadable') if the bytes are damaged. */
export const unpackChunkHead = (head: Uint8Array): NucleusHead => unpack(head, message('partNuclei'), unpackHead)

/** Throws DamagedFileError ('unreadable') if the bytes are damaged. */
export function unpackChunk(chunk: { head: Uint8Array; outlines: Uint8Array }): { nuclei: Nuclei; since: Uint32Array } {
  const head = unpackChunkHead(chunk.head)
  return {
    nuclei: unpack(chunk.outlines, message('partOutlines'), (bytes) => unpackNuclei(head, bytes)),
    since: head.since,
  }
}

/** Returns xmin, ymin, xmax, ymax around all nuclei, level-0 pixels; zeros if there are none. */
export function bounds(nuclei: Nuclei): [number, number, number, number] {
  if (nuclei.count === 0) return [0, 0, 0, 0]
  const around: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < nuclei.count; i++) {
    const box = boxOf(nuclei, i)
    for (let k = 0; k < 4; k++) around[k] = k < 2 ? Math.min(around[k], box[k]) : Math.max(around[k], box[k])
  }
  return around
}
