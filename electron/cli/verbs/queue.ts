import { resolve } from 'node:path'
import type { Command } from 'commander'
import { redisOf, withQueue, type QueueOptions } from '../cohort/options.ts'
import type { CohortQueue, QueuedJob } from '../cohort/queue.ts'
import { redisQueue } from '../cohort/redisQueue.ts'
import { writeCohortTable } from '../cohort/table.ts'
import { run, type Verb } from '../verb.ts'

type Json = { json?: boolean }

/** `karyon queue …`: how far a cohort is, its table of results, and its dead letters. */
export const queue: Verb = (program) => {
  const verb = program.command('queue').description('see how far a cohort is, and collect its results').exitOverride()
  const sub = (name: string, description: string, absent?: string): Command =>
    withQueue(verb.command(name), absent).description(description).option('--json', 'result as JSON on stdout')
  sub('status', 'say how many jobs wait, run, are done and failed, and why').action((options: QueueOptions & Json) =>
    run(options, () => onQueue(options, statusOf), statusInWords),
  )
  sub('results', 'write one table of all results', ' (without one, only what is done is in the table)')
    .requiredOption('--results <folder>', 'the shared folder of results')
    .requiredOption('-o, --output <csv>', 'table, one row a slide')
    .action((options: QueueOptions & Json & { results: string; output: string }) =>
      run(
        options,
        async () => {
          const jobs = options.queue ? await onQueue(options, (one) => one.all()) : []
          const counts = await writeCohortTable(options.output, resolve(options.results), jobs)
          return { ...counts, csv: options.output }
        },
        ({ rows, failed, left, csv }) => `${rows} rows, ${failed} failed, ${left} not done yet.\n${csv}`,
      ),
    )
  sub('retry', 'let the failed jobs wait again, once their cause is mended').action((options: QueueOptions & Json) =>
    run(
      options,
      () => onQueue(options, async (one) => ({ retried: await one.retryFailed() })),
      ({ retried }) => `${retried} jobs wait again.`,
    ),
  )
  for (const command of verb.commands) command.exitOverride()
}

async function onQueue<T>(options: QueueOptions, use: (queue: CohortQueue) => Promise<T>): Promise<T> {
  const opened = await redisQueue(redisOf(options))
  try {
    return await use(opened)
  } finally {
    await opened.close()
  }
}

async function statusOf(opened: CohortQueue) {
  const jobs = await opened.all()
  const of = (state: QueuedJob['state']) => jobs.filter((one) => one.state === state)
  return {
    ...{ waiting: of('waiting').length, running: of('running').length, done: of('done').length },
    failed: of('failed').length,
    underWay: of('running').map(({ job, progress }) => ({ slide: job.slide, progress })),
    failures: of('failed').map(({ job, failure }) => ({ slide: job.slide, kind: job.kind, why: failure })),
  }
}

/** Most failures that are named on a terminal. */
const shown = 20

const statusInWords = (s: Awaited<ReturnType<typeof statusOf>>): string =>
  [
    `${s.waiting} wait, ${s.running} run, ${s.done} are done, ${s.failed} failed.`,
    ...s.underWay.map(({ slide, progress }) => `${slide}: ${progress || 'begun'}`),
    ...s.failures.slice(0, shown).map(({ slide, why }) => `${slide}: ${why}`),
    ...(s.failed > shown ? [`and ${s.failed - shown} more; all are in the table of "karyon queue results".`] : []),
  ].join('\n')
