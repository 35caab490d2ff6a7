import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CohortResult } from '../../contract/index.ts'
import { csvTable, writeAtomically } from '../../formats/index.ts'
import type { QueuedJob } from './queue.ts'
import { readResults } from './results.ts'

/** Joins lists of columns: a column that only later ones have comes after the one that it stands behind there. */
export function joinedColumns(lists: readonly (readonly string[])[]): string[] {
  const joined: string[] = []
  for (const list of lists)
    list.forEach((column, k) => {
      if (!joined.includes(column)) joined.splice(k === 0 ? 0 : joined.indexOf(list[k - 1]) + 1, 0, column)
    })
  return joined
}

/**
 * Writes one table of a cohort: a row for each result in the folder, and for each job of the queue that has none yet, with its
 * state and why it failed.
 */
export async function writeCohortTable(
  csv: string,
  results: string,
  queued: readonly QueuedJob[],
): Promise<{ rows: number; failed: number; left: number }> {
  const all = await readResults(results)
  const isDone = new Set(all.map(({ job }) => job.result))
  const others = queued.filter(({ job }) => !isDone.has(job.result))
  const columns = ['state', 'kind', ...joinedColumns(all.map((one) => one.columns)), 'project', 'worker', 'finished']
  const projectOf = ({ job: { result } }: CohortResult): string | null => {
    const name = result.replace(/\.json$/, '.karyon')
    return existsSync(join(results, name)) ? name : null
  }
  const rows = [
    ...all.map((one) => ({
      ...one.row,
      ...{ state: 'done', kind: one.job.kind, project: projectOf(one), worker: one.worker, finished: one.finished },
    })),
    ...others.map(({ job, state, failure }) => ({
      ...{ state, kind: job.kind, slide: job.slide.split('/').at(-1), path: job.slide },
      failure: failure || null,
    })),
  ]
  for (const needed of ['slide', 'path', 'failure']) if (!columns.includes(needed)) columns.push(needed)
  await writeAtomically(resolve(csv), [csvTable(columns, rows)], { gzip: false })
  const failed = others.filter(({ state }) => state === 'failed').length
  return { rows: rows.length, failed, left: others.length - failed }
}
