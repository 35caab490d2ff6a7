import { z } from 'zod'
import { decodeColumns, encodeColumns, message, type Measurements, type NucleusHead } from '../../contract/index.ts'
import { packOnThread, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'

/** What another tool's file says of nuclei besides their outlines and classes. */
export interface NucleusData {
  readonly id: Uint32Array
  /** Version of the outline of each nucleus that the measurements belong to (see NucleusHead). */
  readonly since: Uint32Array
  /** 16 bytes each; zeros = none. */
  readonly uuid?: Uint8Array
  readonly measurements?: Measurements
}

/** A row of data as it is stored. */
export interface PackedData {
  readonly count: number
  readonly names: string
  readonly columns: Uint8Array
}

/** Packs data for `ImportedData.append`, piece by piece on another thread. */
export async function packImportedData({ id, since, uuid, measurements }: NucleusData): Promise<PackedData[]> {
  const rows: PackedData[] = []
  if (!uuid && !measurements) return rows
  const width = measurements?.names.length ?? 0
  for (let k = 0; k < id.length; k += rowLength)
    rows.push({
      count: Math.min(rowLength, id.length - k),
      names: JSON.stringify(measurements?.names ?? []),
      columns: await packOnThread(
        encodeColumns({
          id: id.subarray(k, k + rowLength),
          since: since.subarray(k, k + rowLength),
          ...(uuid && { uuid: uuid.subarray(16 * k, 16 * (k + rowLength)) }),
          ...(measurements && { values: measurements.values.subarray(width * k, width * (k + rowLength)) }),
        }),
      ),
    })
  return rows
}

/** Rows hold at most this many nuclei, so that damage to one loses little. */
const rowLength = 65_536
const namesSchema = z.array(z.string())

/**
 * The ids and measurements that other tools gave to imported nuclei. They are kept for export only. Rows are appended and
 * never change; data of nuclei that an undo takes away do no harm, because nucleus ids are never reused.
 */
export class ImportedData {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  append(slideId: number, rows: readonly PackedData[]): void {
    for (const { count, names, columns } of rows)
      this.#db.run(
        'INSERT INTO importedData (slideId, count, names, columns) VALUES (?, ?, ?, ?)',
        slideId,
        count,
        names,
        columns,
      )
  }

  /**
   * Returns the data of nuclei, in their order; of several for one nucleus, the newest. Measurements of an outline that
   * has changed since are left out.
   */
  of(
    slideId: number,
    { id: ids, since }: Pick<NucleusHead, 'id' | 'since'>,
  ): { uuid?: Uint8Array; measurements?: Measurements } {
    const rows = this.#db.all<{ names: string; columns: Uint8Array }>(
      'SELECT names, columns FROM importedData WHERE slideId = ? ORDER BY id',
      slideId,
    )
    if (rows.length === 0) return {}
    const position = new Map<number, number>()
    ids.forEach((id, i) => position.set(id, i))
    const pieces = rows.map(({ names, columns }) => ({
      names: namesSchema.parse(JSON.parse(names)),
      ...(unpack(columns, message('partImportedData'), decodeColumns) as {
        id: Uint32Array
        since: Uint32Array
        uuid?: Uint8Array
        values?: Float64Array
      }),
    }))
    const names = [...new Set(pieces.flatMap((piece) => piece.names))]
    const uuid = new Uint8Array(16 * ids.length)
    const values = new Float64Array(names.length * ids.length).fill(NaN)
    for (const piece of pieces) {
      const column = piece.names.map((name) => names.indexOf(name))
      piece.id.forEach((id, k) => {
        const i = position.get(id)
        if (i === undefined) return
        const own = piece.uuid?.subarray(16 * k, 16 * k + 16)
        if (own?.some((byte) => byte !== 0)) uuid.set(own, 16 * i)
        if (!piece.values || piece.since[k] !== since[i]) return
        values.fill(NaN, names.length * i, names.length * (i + 1))
        column.forEach((c, m) => (values[names.length * i + c] = piece.values![column.length * k + m]))
      })
    }
    return { uuid, ...(names.length > 0 && { measurements: { names, values } }) }
  }
}
