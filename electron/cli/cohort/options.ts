import { Option, type Command } from 'commander'
import { FailureError, message } from '../../contract/index.ts'
import { positive } from '../options.ts'
import type { RedisOptions } from './redisQueue.ts'

export interface QueueOptions {
  queue?: string
  name: string
  lock?: number
}

/** Adds the options that name a queue. The address is checked where it is used: commander would print it, password and all. */
export const withQueue = (command: Command, absent = ''): Command =>
  command
    .addOption(
      new Option(
        '--queue <url>',
        `Redis or Valkey, redis://… or rediss://…; with a password, better in the environment${absent}`,
      ).env('KARYON_QUEUE'),
    )
    .option('--name <queue>', 'name of the queue on that server, one for each folder of results', 'cohort')

export const lockOption = new Option(
  '--lock <s>',
  'after so many seconds of silence a job goes from this worker to another',
)
  .argParser(positive)
  .default(60)

/** Returns where the queue is. Throws FailureError if none is named. */
export function redisOf({ queue, name, lock = 60 }: QueueOptions): RedisOptions {
  if (!queue) throw new FailureError('invalid-input', message('cohortNeedsQueue'))
  return { url: queue, name, lockMs: 1000 * lock }
}
