import {
  decodeColumns,
  encodeColumns,
  headOf,
  packHead,
  packOutlines,
  unpackHead,
  unpackNuclei,
  type Nuclei,
  message,
} from '../../contract/index.ts'
import { pack, unpack } from '../file/blob.ts'
import { blockSize } from '../log/labelChanges.ts'
import { concatNuclei, takeNuclei } from '../../../models/nuclei/join.ts'

/**
 * States of a nucleus's outline: as detected or imported (or there is no nucleus), deleted by a user, drawn by a user.
 */
export const asDetected = 0
export const gone = 1
export const drawn = 2

/** Nuclei with the slide's nuclei version at which each outline was made. */
export interface VersionedNuclei {
  readonly nuclei: Nuclei
  readonly since: Uint32Array
}

/** The state of each of some nuclei. `outlines` has those in state `drawn`, in the same order. */
export interface OutlineStates {
  readonly state: Uint8Array
  readonly outlines: VersionedNuclei
}

/** What one step changed in outlines. A new nucleus has the state `asDetected` before, although it did not exist. */
export interface OutlineChanges {
  readonly ids: Uint32Array
  readonly before: OutlineStates
  readonly after: OutlineStates
}

export const reversedOutlines = ({ ids, before, after }: OutlineChanges): OutlineChanges => ({
  ids,
  before: after,
  after: before,
})

export const noNuclei = (): Nuclei => ({
  count: 0,
  origin: new Float64Array(2),
  id: new Uint32Array(0),
  box: new Float32Array(0),
  outlineStart: new Uint32Array(1),
  outline: new Float32Array(0),
  source: new Uint8Array(0),
})

/**
 * Yields a row with the whole content for one block of ids, and an empty row for every other block, so that the history
 * of a nucleus finds the step by its block.
 */
export function* outlineRows({ ids, before, after }: OutlineChanges): Generator<readonly [number, Uint8Array]> {
  const content = pack(
    encodeColumns({
      ids,
      before: before.state,
      after: after.state,
      beforeOutlines: packVersioned(before.outlines),
      afterOutlines: packVersioned(after.outlines),
    }),
  )
  const blocks = new Set(Array.from(ids, (id) => Math.floor(id / blockSize)))
  for (const block of blocks) {
    yield [block, block === blocks.values().next().value ? content : new Uint8Array(0)]
  }
}

/** Inverse of outlineRows. Throws DamagedFileError ('unreadable') if rows are damaged. */
export function outlineChanges(rows: readonly { content: Uint8Array }[]): OutlineChanges {
  const content = rows.find((row) => row.content.length > 0)?.content ?? new Uint8Array(0)
  return unpack(content, message('partStep'), (bytes) => {
    const c = decodeColumns(bytes)
    const statesOf = (name: 'before' | 'after'): OutlineStates => ({
      state: Uint8Array.from(c[name]),
      outlines: unpackVersioned(c[`${name}Outlines`] as Uint8Array),
    })
    return { ids: Uint32Array.from(c.ids), before: statesOf('before'), after: statesOf('after') }
  })
}

export function packVersioned({ nuclei, since }: VersionedNuclei): Uint8Array<ArrayBuffer> {
  return encodeColumns({ head: packHead(headOf(nuclei, since)), outlines: packOutlines(nuclei) })
}

export function unpackVersioned(bytes: Uint8Array): VersionedNuclei {
  const { head, outlines } = decodeColumns(bytes)
  const known = unpackHead(head as Uint8Array)
  return { nuclei: unpackNuclei(known, outlines as Uint8Array), since: known.since }
}

export const takeOne = ({ nuclei, since }: VersionedNuclei, i: number): VersionedNuclei => ({
  nuclei: takeNuclei(nuclei, [i]),
  since: since.slice(i, i + 1),
})

export function joinVersioned(parts: readonly VersionedNuclei[]): VersionedNuclei {
  if (parts.length === 0) return { nuclei: noNuclei(), since: new Uint32Array(0) }
  const nuclei = concatNuclei(parts.map((part) => part.nuclei))
  const since = new Uint32Array(nuclei.count)
  let at = 0
  for (const part of parts) {
    since.set(part.since, at)
    at += part.since.length
  }
  return { nuclei, since }
}
