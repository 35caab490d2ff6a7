import { z } from 'zod'
import {
  decodeColumns,
  encodeColumns,
  FailureError,
  message,
  type NucleusHead,
  type Run,
} from '../../contract/index.ts'
import { pack, packOnThread, unpack } from '../file/blob.ts'
import type { Database } from '../file/database.ts'
import { classColumns, addRow, probabilityUnit, toUint16Probabilities, type Predictions } from './predictions.ts'
import { chunkSize } from '../nuclei/mortonOrder.ts'

const runClassesSchema = z.array(z.object({ name: z.string(), classId: z.number().int() }))
export type RunClass = z.infer<typeof runClassesSchema>[number]

interface RunRow {
  id: number
  slideId: number
  modelId: string
  modelTitle: string
  classes: string
  created: string
  nucleiVersion: number
  complete: number
  uncertainBelow: number | null
}

export interface StoredRun extends Run {
  /** Probability of the likeliest class below which a nucleus counts as uncertain; null: the model has no threshold. */
  readonly uncertainBelow: number | null
  /** The model's classes, each with the project class that it stands for. */
  readonly classes: readonly RunClass[]
  /** Version of the slide's nuclei for which the run was made. */
  readonly nucleiVersion: number
}

/**
 * Classification runs: each holds the predictions of one model for one slide. They are appended in pieces and never
 * change, except those of live learning (`rewrite`).
 */
export class RunStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(
    run: Pick<StoredRun, 'slideId' | 'modelId' | 'modelTitle' | 'classes' | 'nucleiVersion'> &
      Partial<Pick<StoredRun, 'uncertainBelow'>>,
  ): number {
    return this.#db.run(
      `INSERT INTO run (slideId, modelId, modelTitle, classes, created, nucleiVersion, uncertainBelow)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      run.slideId,
      run.modelId,
      run.modelTitle,
      JSON.stringify(run.classes),
      new Date().toISOString(),
      run.nucleiVersion,
      run.uncertainBelow ?? null,
    )
  }

  /** Returns all runs, oldest first. */
  all(): StoredRun[] {
    return this.#db.all<RunRow>('SELECT * FROM run ORDER BY id').map(asRun)
  }

  get(id: number): StoredRun {
    const row = this.#db.get<RunRow>('SELECT * FROM run WHERE id = ?', id)
    if (!row) throw new FailureError('not-found', message('noRun', { id }))
    return asRun(row)
  }

  /**
   * Appends predictions (probabilities: ids.length × classes). `since` is the version of each outline that the model
   * saw.
   */
  append(runId: number, { id, since }: Pick<NucleusHead, 'id' | 'since'>, probabilities: Float32Array): void {
    this.#insert(runId, { id, since, probability: toUint16Probabilities(probabilities) })
  }

  /** Replaces all predictions and the title of a run. It then covers all nuclei. */
  rewrite(
    runId: number,
    { id, since }: Pick<NucleusHead, 'id' | 'since'>,
    probabilities: Uint16Array,
    run: Pick<StoredRun, 'modelTitle' | 'classes' | 'nucleiVersion' | 'uncertainBelow'>,
  ): void {
    const width = run.classes.length
    this.#db.transact(() => {
      this.#db.run('DELETE FROM runPiece WHERE runId = ?', runId)
      for (let k = 0; k < id.length; k += chunkSize)
        this.#insert(runId, {
          id: id.subarray(k, k + chunkSize),
          since: since.subarray(k, k + chunkSize),
          probability: probabilities.subarray(k * width, (k + chunkSize) * width),
        })
      this.#db.run(
        'UPDATE run SET complete = 1, modelTitle = ?, classes = ?, nucleiVersion = ?, uncertainBelow = ? WHERE id = ?',
        run.modelTitle,
        JSON.stringify(run.classes),
        run.nucleiVersion,
        run.uncertainBelow,
        runId,
      )
    })
  }

  /** Stores all predictions of a new run, packed by `packRun`. It then covers all nuclei. */
  fill(runId: number, pieces: readonly PackedPiece[]): void {
    this.#db.transact(() => {
      for (const { count, columns } of pieces)
        this.#db.run('INSERT INTO runPiece (runId, count, columns) VALUES (?, ?, ?)', runId, count, columns)
      this.#db.run('UPDATE run SET complete = 1 WHERE id = ?', runId)
    })
  }

  /** Marks a run as covering all nuclei and joins its pieces into larger ones. */
  complete(runId: number): void {
    const { classes } = this.get(runId)
    const pieces = this.#pieces(runId)
    const count = pieces.reduce((sum, piece) => sum + piece.id.length, 0)
    const all = {
      id: new Uint32Array(count),
      since: new Uint32Array(count),
      probability: new Uint16Array(count * classes.length),
    }
    let at = 0
    for (const { id, since, probability } of pieces) {
      all.id.set(id, at)
      all.since.set(since, at)
      all.probability.set(probability, at * classes.length)
      at += id.length
    }
    this.#db.transact(() => {
      this.#db.run('DELETE FROM runPiece WHERE runId = ?', runId)
      for (let k = 0; k < count; k += chunkSize)
        this.#insert(runId, {
          id: all.id.subarray(k, k + chunkSize),
          since: all.since.subarray(k, k + chunkSize),
          probability: all.probability.subarray(k * classes.length, (k + chunkSize) * classes.length),
        })
      this.#db.run('UPDATE run SET complete = 1 WHERE id = ?', runId)
    })
  }

  /**
   * Returns a run's predictions for nuclei, in their order. A nucleus is unpredicted if its outline has changed since.
   */
  predictions(runId: number, { id: ids, since }: Pick<NucleusHead, 'id' | 'since'>): Predictions {
    const { classes, uncertainBelow } = this.get(runId)
    const { classIds, column } = classColumns(classes)
    const known = new Uint8Array(ids.length)
    const probabilities = new Uint16Array(ids.length * classIds.length)
    // Ids of a slide are close together: at a million nuclei, a flat table is far faster than a Map.
    const lowest = ids.reduce((least, id) => Math.min(least, id), Infinity)
    const highest = ids.reduce((most, id) => Math.max(most, id), 0)
    const position = new Int32Array(ids.length ? highest - lowest + 1 : 0).fill(-1)
    ids.forEach((id, i) => (position[id - lowest] = i))
    for (const piece of this.#pieces(runId))
      for (let k = 0; k < piece.id.length; k++) {
        const i = position[piece.id[k] - lowest] ?? -1
        if (i < 0 || piece.since[k] !== since[i]) continue
        known[i] = 1
        addRow(probabilities.subarray(i * classIds.length, (i + 1) * classIds.length), column, piece.probability, k)
      }
    const certainFrom = new Uint16Array(ids.length).fill(Math.round((uncertainBelow ?? 0) * probabilityUnit))
    return { classIds, known, probabilities, certainFrom }
  }

  #insert(runId: number, { id, since, probability }: Piece): void {
    this.#db.run(
      'INSERT INTO runPiece (runId, count, columns) VALUES (?, ?, ?)',
      runId,
      id.length,
      pack(encodeColumns({ id, since, probability })),
    )
  }

  #pieces(runId: number): Piece[] {
    return this.#db
      .all<{ columns: Uint8Array }>('SELECT columns FROM runPiece WHERE runId = ? ORDER BY id', runId)
      .map(({ columns }) => {
        const { id, since, probability } = unpack(columns, message('partPredictions'), decodeColumns)
        return {
          id: id as Uint32Array,
          // Pieces from before outlines had versions lack `since`. All outlines had version 0 then.
          since: (since as Uint32Array | undefined) ?? new Uint32Array(id.length),
          probability: probability as Uint16Array,
        }
      })
  }
}

/** A piece of a run as it is stored. */
export interface PackedPiece {
  readonly count: number
  readonly columns: Uint8Array
}

/** Packs all predictions of a run for `RunStore.fill`, piece by piece on another thread. `probability`: see Predictions. */
export async function packRun({ id, since, probability }: Piece): Promise<PackedPiece[]> {
  const pieces: PackedPiece[] = []
  const width = id.length > 0 ? probability.length / id.length : 0
  for (let k = 0; k < id.length; k += chunkSize) {
    const piece = {
      id: id.subarray(k, k + chunkSize),
      since: since.subarray(k, k + chunkSize),
      probability: probability.subarray(k * width, (k + chunkSize) * width),
    }
    pieces.push({ count: piece.id.length, columns: await packOnThread(encodeColumns(piece)) })
  }
  return pieces
}

interface Piece {
  readonly id: Uint32Array
  readonly since: Uint32Array
  readonly probability: Uint16Array
}

function asRun({ classes, complete, ...row }: RunRow): StoredRun {
  return { ...row, classes: runClassesSchema.parse(JSON.parse(classes)), complete: complete === 1 }
}
