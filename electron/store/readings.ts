import type { Reading } from '../contract/index.ts'
import { blockSize } from './labelChanges.ts'
import type { Database } from './database.ts'
import { packLabels, unpackLabels } from './labelState.ts'
import type { StepLog } from './stepLog.ts'

/** Labels of one reader, ids ascending. */
export interface ReaderLabels {
  readonly ids: Uint32Array
  readonly labels: Uint16Array
}

/** Labels that other readers gave in other copies of the project: beside its own log, for comparing and adjudication. */
export class Readings {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  all(): Reading[] {
    return this.#db
      .all<Reading>('SELECT id, reader, file, time, count FROM reading ORDER BY id')
      .map((reading) => ({ ...reading }))
  }

  labels(id: number): ReaderLabels {
    const row = this.#db.get<{ labels: Uint8Array }>('SELECT labels FROM reading WHERE id = ?', id)
    return row ? unpackLabels(row.labels) : { ids: new Uint32Array(0), labels: new Uint16Array(0) }
  }

  /** Adds a reader's labels; those of the same reader and copy are renewed: the copy's log only ever grows. */
  set(reader: string, copyId: string, file: string, { ids, labels }: ReaderLabels): void {
    this.#db.run(
      `INSERT INTO reading (reader, copyId, file, time, count, labels) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (reader, copyId) DO UPDATE SET
         file = excluded.file, time = excluded.time, count = excluded.count, labels = excluded.labels`,
      reader,
      copyId,
      file,
      new Date().toISOString(),
      ids.length,
      packLabels(ids, labels),
    )
  }
}

/**
 * The last standing label of each nucleus by each reader of a log, by steps later than `after`. A label that its reader
 * took away is none.
 */
export function labelsByReader(log: StepLog, after = 0): Map<string, ReaderLabels> {
  const readers = new Map<string, Map<number, Uint16Array>>()
  for (const { reader, changes } of log.standing(after)) {
    if (!changes.labels) continue
    const blocks = readers.get(reader) ?? new Map<number, Uint16Array>()
    readers.set(reader, blocks)
    const { ids, after } = changes.labels
    for (let i = 0; i < ids.length; i++) {
      const at = Math.floor(ids[i] / blockSize)
      let block = blocks.get(at)
      if (!block) blocks.set(at, (block = new Uint16Array(blockSize)))
      block[ids[i] % blockSize] = after[i]
    }
  }
  return new Map([...readers].map(([reader, blocks]) => [reader, flat(blocks)]))
}

function flat(blocks: ReadonlyMap<number, Uint16Array>): ReaderLabels {
  const ids: number[] = []
  const labels: number[] = []
  for (const [at, block] of [...blocks].sort(([a], [b]) => a - b))
    block.forEach((label, k) => {
      if (label === 0) return
      ids.push(at * blockSize + k)
      labels.push(label)
    })
  return { ids: Uint32Array.from(ids), labels: Uint16Array.from(labels) }
}
