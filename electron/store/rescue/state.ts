import { message, regionSchema, type Region } from '../../contract/index.ts'
import { damageOf, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import { blockSize } from '../log/labelChanges.ts'
import { labelBlock, type LabelState } from '../log/labelState.ts'
import {
  asDetected,
  drawn,
  gone,
  joinVersioned,
  packVersioned,
  unpackVersioned,
  type VersionedNuclei,
  type OutlineChanges,
} from '../nuclei/outlineChanges.ts'
import type { OutlineState } from '../nuclei/outlineState.ts'
import type { StepChanges } from '../log/stepParts.ts'
import { statesOf } from './rebuild.ts'
import type { Losses } from './copy.ts'
import type { DamagedFile, ReadRow } from './rows.ts'

/**
 * Changes labels, outlines and regions from the state that the saved log gives to the state that the damaged file
 * stored, as far as that can be read, because the log may have lost steps. The changes are appended as 'rescue' steps,
 * beyond which undo cannot go.
 */
export function restoreState(from: DamagedFile, to: Database, losses: Losses): void {
  const { labels, nuclei, regions, log } = statesOf(to)
  const slides = to.all<{ id: number }>('SELECT id FROM slide ORDER BY id').map(({ id }) => id)
  const append = (slideId: number, count: number, changes: StepChanges) =>
    log.append({ kind: 'rescue', slideId, reader: 'Karyon', title: message('stepRescued'), count, changes })
  const stored = storedOutlines(from)
  for (const slideId of slides) {
    const outlines = outlineDifference(nuclei.outlines, slideId, stored)
    if (outlines) append(slideId, outlines.ids.length, { outlines })
  }
  const wanted = storedOrReplayedLabel(storedLabels(from), labels)
  const present = new Set<number>()
  const put = (slideId: number, ids: number[], label: (id: number) => number) => {
    const changed = ids.filter((id) => label(id) !== labels.labelsOf([id])[0])
    if (changed.length > 0) append(slideId, changed.length, { labels: labels.changes(changed, changed.map(label)) })
    return changed.length
  }
  for (const slideId of slides) {
    const { id } = nuclei.heads(slideId)
    for (const one of id) present.add(one)
    put(slideId, [...id], wanted)
  }
  const labelsWithoutNucleus = [...labelled(labels)].filter((id) => !present.has(id))
  if (put(slides[0], labelsWithoutNucleus, () => 0) > 0)
    losses.addSentence(message('labelsLost', { labels: labelsWithoutNucleus.length }))
  for (const region of regionDifference(from, regions.all())) append(slides[0], 1, { regions: region })
  append(slides[0], 0, {})
  for (const slideId of slides) {
    nuclei.updateVersionAndCount(slideId)
    const count = labels.labelsOf(nuclei.heads(slideId).id).reduce((sum, label) => sum + (label ? 1 : 0), 0)
    to.run('UPDATE slide SET labelled = ? WHERE id = ?', count, slideId)
  }
  to.removeRollbackCallbacks()
}

/** Reads the label blocks of the damaged file, as far as possible. */
function storedLabels(from: DamagedFile): ReadonlyMap<number, Uint16Array> {
  const blocks = new Map<number, Uint16Array>()
  for (const { key, row } of from.rows('labelBlock'))
    if (row?.checksum === 'matches') blocks.set(Number(key), labelBlock(row.values.classes as Uint8Array))
  return blocks
}

const storedOrReplayedLabel = (stored: ReadonlyMap<number, Uint16Array>, labels: LabelState) => (id: number) =>
  stored.get(Math.floor(id / blockSize))?.[id % blockSize] ?? labels.labelsOf([id])[0]

function* labelled({ blocks }: LabelState): Generator<number> {
  for (const [block, all] of blocks) for (let k = 0; k < all.length; k++) if (all[k] !== 0) yield block * blockSize + k
}

interface StoredOutline {
  readonly slideId: number
  /** null: deleted by a user. */
  readonly outline: VersionedNuclei | null
}

/** Reads the stored user outlines of the damaged file, by nucleus id; undefined: one existed and cannot be read. */
function storedOutlines(from: DamagedFile): ReadonlyMap<number, StoredOutline | undefined> {
  const stored = new Map<number, StoredOutline | undefined>()
  for (const { key, row } of from.rows('drawn')) {
    const bytes = row?.values.nuclei
    const outline = bytes instanceof Uint8Array ? unpackedOutline(bytes, row?.checksum) : null
    stored.set(
      Number(key),
      row?.checksum === 'matches' && outline !== undefined
        ? { slideId: Number(row.values.slideId), outline }
        : undefined,
    )
  }
  return stored
}

const unpackedOutline = (bytes: Uint8Array, checksum: ReadRow['checksum'] | undefined) =>
  checksum === 'matches' ? unpack(bytes, message('partOutline'), unpackVersioned) : undefined

function outlineDifference(
  outlines: OutlineState,
  slideId: number,
  stored: ReadonlyMap<number, StoredOutline | undefined>,
): OutlineChanges | undefined {
  const own = outlines.of(slideId)
  const theirs = [...stored].filter(([, entry]) => entry?.slideId === slideId).map(([id]) => id)
  const ids = [...new Set([...own.keys(), ...theirs])]
    .filter((id) => !(stored.has(id) && stored.get(id) === undefined))
    .filter((id) => !isSame(own.get(id)?.outline, stored.get(id)?.outline))
    .sort((a, b) => a - b)
  if (ids.length === 0) return undefined
  const state = Uint8Array.from(ids, (id) => {
    const entry = stored.get(id)
    return !entry ? asDetected : entry.outline ? drawn : gone
  })
  const after = joinVersioned(ids.flatMap((id) => stored.get(id)?.outline ?? []))
  return { ids: Uint32Array.from(ids), before: outlines.statesOf(slideId, ids), after: { state, outlines: after } }
}

const isSame = (a: VersionedNuclei | null | undefined, b: VersionedNuclei | null | undefined) =>
  a && b ? Buffer.compare(packVersioned(a), packVersioned(b)) === 0 : a === b

function regionDifference(from: DamagedFile, replayed: readonly Region[]) {
  const rows = [...from.rows('region')]
  const stored = rows.flatMap(({ row }) => {
    if (row?.checksum !== 'matches') return []
    const { outline, ...others } = row.values
    const parsed = regionSchema.safeParse({ ...others, outline: JSON.parse(String(outline)) })
    if (!parsed.success) throw damageOf(message('partRegion'))
    return [parsed.data]
  })
  const unread = new Set(rows.filter(({ row }) => row?.checksum !== 'matches').map(({ key }) => key))
  const ids = new Set([...replayed, ...stored].map(({ id }) => id).filter((id) => !unread.has(id)))
  return [...ids].flatMap((id) => {
    const [before, after] = [replayed, stored].map((list) => list.find((r) => r.id === id) ?? null)
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ before, after }]
  })
}
