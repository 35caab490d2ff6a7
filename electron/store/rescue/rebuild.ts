import { FailureError, message, type Message } from '../../contract/index.ts'
import type { Database } from '../file/database.ts'
import { ChunkState } from '../nuclei/chunkState.ts'
import { LabelState } from '../log/labelState.ts'
import { NucleusStore } from '../nuclei/nucleusStore.ts'
import { RegionState } from '../log/regionState.ts'
import { ShownRunState } from '../log/acceptance.ts'
import { SearchedState } from '../log/searchedState.ts'
import { StepLog } from '../log/stepLog.ts'

/** Tables that are derived from the log, with the words for their content. */
export const derivedTables = ['labelBlock', 'drawn', 'region'] as const
export type DerivedTable = (typeof derivedTables)[number]

/**
 * Rebuilds the derived tables that are `broken` or cannot be read, by replaying the log. Returns sentences on what was
 * rebuilt. No data is lost.
 */
export function rebuild(db: Database, broken: readonly DerivedTable[]): Message[] {
  const names = new Set(broken)
  for (const [table, read] of [
    ['labelBlock', () => new LabelState(db)],
    ['drawn', () => new NucleusStore(db)],
  ] as const)
    try {
      if (!names.has(table)) read()
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      names.add(table)
    }
  db.removeRollbackCallbacks()
  if (names.size === 0) return []
  db.transact(() => {
    for (const name of names) {
      db.exec(`DELETE FROM ${name}`)
      db.run('DELETE FROM seal WHERE tableName = ?', name)
    }
    if (names.has('labelBlock')) db.exec('UPDATE slide SET labelled = 0')
    const { labels, nuclei, regions, log } = statesOf(db)
    for (const { slideId, changes } of log.replay()) {
      if (names.has('labelBlock') && changes.labels) labels.apply(slideId, changes.labels)
      if (names.has('drawn') && changes.outlines) nuclei.outlines.apply(slideId, changes.outlines)
      if (names.has('region') && changes.regions) regions.apply(slideId, changes.regions)
    }
  })
  db.removeRollbackCallbacks()
  return [...names].map((table) => message('madeAgain', { table }))
}

/** Creates the states of a file and its log, without the rest of a project. */
export function statesOf(db: Database) {
  const nuclei = new NucleusStore(db)
  const labels = new LabelState(db)
  const regions = new RegionState(db)
  const accepted = new ShownRunState(db)
  const log = new StepLog(db, {
    found: new ChunkState(nuclei),
    outlines: nuclei.outlines,
    labels,
    regions,
    accepted,
    searched: new SearchedState(db),
  })
  return { nuclei, labels, regions, accepted, log }
}
