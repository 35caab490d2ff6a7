import {
  FailureError,
  searchedSchema,
  slideInfoSchema,
  type Nuclei,
  type NucleusHead,
  message,
} from '../../contract/index.ts'
import { damageOf } from '../file/blob.ts'
import { bounds, packChunk, unpackChunk, unpackChunkHead } from '../nuclei/chunk.ts'
import { ClassScheme } from '../classScheme.ts'
import type { Database } from '../file/database.ts'
import { blockSize } from '../log/labelChanges.ts'
import type { Losses } from './copy.ts'
import type { DamagedFile } from './rows.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'

/** Makes the saved rows consistent: no row may refer to a lost one. */
export function mend(from: DamagedFile, to: Database, losses: Losses): void {
  mendSlides(from, to)
  mendClasses(to, losses)
  mendChunks(to, losses)
  if (losses.of('runPiece').length > 0)
    to.exec(
      `UPDATE run SET complete = 0 WHERE (SELECT coalesce(sum(count), 0) FROM runPiece WHERE runId = run.id)
         < (SELECT nuclei FROM slide WHERE id = run.slideId)`,
    )
  for (const { name, seq } of from.sequences)
    to.run('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?', seq, name)
  mendIds(to)
}

function mendSlides(from: DamagedFile, to: Database): void {
  for (const { key, row } of from.rows('slide')) {
    if (!row) continue
    const parsed = slideInfoSchema.safeParse(parsedJson(row.values.info))
    if (!parsed.success) throw damageOf(message('partSlide', { id: key }))
    const ids = parsedJson(row.values.accepted)
    const accepted = (Array.isArray(ids) ? ids : []).filter(
      (id: unknown) => typeof id === 'number' && to.get('SELECT 1 FROM acceptance WHERE id = ?', id),
    )
    const searched = searchedSchema.safeParse(parsedJson(row.values.searched))
    to.run(
      'UPDATE slide SET accepted = ?, searched = ?, activeRunId = (SELECT id FROM run WHERE id = ?) WHERE id = ?',
      JSON.stringify(accepted),
      searched.data ? JSON.stringify(searched.data) : null,
      row.values.activeRunId,
      key,
    )
  }
}

function parsedJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

/** Adds placeholders for lost classes, because labels refer to class ids. The user can recognise and rename them. */
function mendClasses(to: Database, losses: Losses): void {
  const scheme = new ClassScheme(to)
  for (const id of losses.of('class')) if (typeof id === 'number') scheme.replaceLost(id)
}

/**
 * Repairs chunks. If only the outlines of a chunk are damaged, its ids and boxes are kept, so that labels and
 * predictions stay. A chunk whose state is lost is put in force, unless some of its nuclei are already in force.
 */
function mendChunks(to: Database, losses: Losses): void {
  const inForce = new Set<number>()
  const chunks = to.all<{ id: number; slideId: number; state: number | null }>(
    `SELECT id, nucleusChunk.slideId, state FROM nucleusChunk LEFT JOIN chunkState ON chunkId = id
     ORDER BY state IS NULL, id`,
  )
  for (const { id, slideId, state } of chunks) {
    const head = mendChunk(to, id, slideId, losses)
    if (!head) {
      to.run('DELETE FROM chunkState WHERE chunkId = ?', id)
      to.run('DELETE FROM nucleusChunk WHERE id = ?', id)
      continue
    }
    const isNew = state === null && !head.id.some((nucleus) => inForce.has(nucleus))
    if (state === null)
      to.run('INSERT INTO chunkState (chunkId, slideId, state) VALUES (?, ?, ?)', id, slideId, isNew ? 1 : 3)
    if (state === 1 || isNew) for (const nucleus of head.id) inForce.add(nucleus)
  }
}

/** Repairs a chunk. Returns its head, or undefined if the chunk cannot be used. */
function mendChunk(to: Database, id: number, slideId: number, losses: Losses): NucleusHead | undefined {
  const row = to.get<{ count: number; head: Uint8Array; outlines: Uint8Array }>(
    'SELECT count, head, outlines FROM nucleusChunk WHERE id = ?',
    id,
  )
  if (!row) return undefined
  const head = readable(() => unpackChunkHead(row.head))
  if (!head) {
    losses.addSentence(message('nucleiLost', { nuclei: row.count, slide: slideId, chunk: id }))
    return undefined
  }
  const whole = readable(() => unpackChunk(row).nuclei)
  const nuclei = whole ?? boxesOnly(head)
  if (!whole) losses.addSentence(message('outlinesLost', { nuclei: head.count, slide: slideId }))
  const outlines = whole ? row.outlines : packChunk(nuclei, head.since).outlines
  to.run(
    'UPDATE nucleusChunk SET count = ?, minX = ?, minY = ?, maxX = ?, maxY = ?, outlines = ? WHERE id = ?',
    head.count,
    ...bounds(nuclei),
    outlines,
    id,
  )
  return head
}

function boxesOnly({ count, box, origin, id, source }: NucleusHead): Nuclei {
  const outlines = Array.from({ length: count }, (_, i) => {
    const [x0, y0, x1, y1] = [0, 1, 2, 3].map((k) => box[4 * i + k] + origin[k % 2])
    return [x0, y0, x1, y0, x1, y1, x0, y1]
  })
  const nuclei = nucleiFromOutlines(outlines, 'detected', id)
  // Coordinates are stored relative to the origin of the head, which is kept.
  const shift = (values: Float32Array) => values.map((v, k) => v + nuclei.origin[k % 2] - origin[k % 2])
  return { ...nuclei, origin, source, box: shift(nuclei.box), outline: shift(nuclei.outline) }
}

function readable<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

/** Makes sure that no nucleus id is given out again, even if the counter of ids is lost. */
function mendIds(to: Database): void {
  const row = to.get<{ blocks: number | null }>(`SELECT max(block) AS blocks FROM stepChange WHERE part = 'labels'`)
  let next = ((row?.blocks ?? -1) + 1) * blockSize
  for (const { head } of to.all<{ head: Uint8Array }>('SELECT head FROM nucleusChunk'))
    for (const id of unpackChunkHead(head).id) next = Math.max(next, id + 1)
  to.run(
    `INSERT INTO setting (key, value) VALUES ('nextNucleusId', ?)
     ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
    String(Math.max(next, 1)),
  )
}
