import { reviewReasons, type Reading } from '../../contract/index.ts'
import { blockSize } from '../log/labelChanges.ts'
import type { Database } from '../file/database.ts'
import { packLabels, unpackLabels } from '../log/labelState.ts'
import type { StepLog } from '../log/stepLog.ts'

/** Labels of one reader, by ascending nucleus id. */
export interface ReaderLabels {
  readonly ids: Uint32Array
  readonly labels: Uint16Array
}

/**
 * Labels that other readers gave in other copies of the project. Stored beside the project's own log, for comparison
 * and adjudication.
 */
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

  /** Stores a reader's labels. Replaces earlier ones of the same reader and copy, because the copy's log only grows. */
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

/** What the label steps of a log contain. */
export interface LogReadings {
  /** The last label of each nucleus by each reader. A label that its reader removed does not count. */
  readonly byReader: ReadonlyMap<string, ReaderLabels>
  readonly decisions: Decisions
}

/** Nuclei whose disputed labels have been decided (adjudicated). */
export class Decisions {
  /** By id of a decided nucleus: the readers who have labelled it themselves since the decision. */
  readonly #since = new Map<number, Set<string>>()

  /** Returns whether a dispute between two readers is decided and neither has labelled the nucleus since. */
  isSettled(nucleusId: number, first: string, second: string): boolean {
    const since = this.#since.get(nucleusId)
    return since !== undefined && !since.has(first) && !since.has(second)
  }

  get count(): number {
    return this.#since.size
  }

  addDecision(nucleusId: number, label: number): void {
    if (label === 0) this.#since.delete(nucleusId)
    else this.#since.set(nucleusId, new Set())
  }

  addLabel(nucleusId: number, reader: string): void {
    this.#since.get(nucleusId)?.add(reader)
  }
}

/**
 * Collects labels and decisions from the label steps after `after` that are not undone. A decision does not count as
 * the deciding reader's own label, because that reader has seen both others.
 */
export function readingsIn(log: StepLog, after = 0): LogReadings {
  const readers = new Map<string, Map<number, Uint16Array>>()
  const decisions = new Decisions()
  for (const { reader, reason, changes } of log.notUndoneLabelSteps(after)) {
    if (!changes.labels) continue
    const { ids, after } = changes.labels
    if (reason === reviewReasons.adjudicated) {
      ids.forEach((id, i) => decisions.addDecision(id, after[i]))
      continue
    }
    const blocks = readers.get(reader) ?? new Map<number, Uint16Array>()
    readers.set(reader, blocks)
    for (let i = 0; i < ids.length; i++) {
      const at = Math.floor(ids[i] / blockSize)
      let block = blocks.get(at)
      if (!block) blocks.set(at, (block = new Uint16Array(blockSize)))
      block[ids[i] % blockSize] = after[i]
      decisions.addLabel(ids[i], reader)
    }
  }
  return { byReader: new Map([...readers].map(([reader, blocks]) => [reader, flat(blocks)])), decisions }
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
