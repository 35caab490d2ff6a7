import { resolve } from 'node:path'
import { lockOption, redisOf, withQueue, type QueueOptions } from '../cohort/options.ts'
import { redisQueue } from '../cohort/redisQueue.ts'
import { endSignal, say, workOn } from '../cohort/worker.ts'
import { run, type Verb } from '../verb.ts'

interface Options extends QueueOptions {
  slides: string
  results: string
  models?: string
  untilEmpty?: boolean
  json?: boolean
}

/** karyon work: does the jobs of a queue that many machines share. */
export const work: Verb = (program) =>
  withQueue(program.command('work'))
    .description('do the jobs of a queue beside other machines, until Ctrl-C, which gives the job under way back')
    .requiredOption('--slides <folder>', 'the shared folder of slides, as it is called on this machine')
    .requiredOption('--results <folder>', 'the shared folder of results, as it is called on this machine')
    .option('--models <folder>', 'models and detectors beside the built-in ones, one folder each, by name')
    .addOption(lockOption)
    .option('--until-empty', 'end when no job waits or runs any more')
    .option('--json', 'result as JSON on stdout')
    .action((options: Options) => run(options, () => workAway(options), human))

async function workAway(options: Options) {
  const signal = endSignal()
  const queue = await redisQueue(redisOf(options), { say, signal })
  try {
    const place = {
      slides: resolve(options.slides),
      results: resolve(options.results),
      models: options.models === undefined ? [] : [resolve(options.models)],
    }
    say('Waiting for jobs. Ctrl-C ends.')
    return await workOn(queue, place, { signal, untilEmpty: options.untilEmpty ?? false })
  } finally {
    await queue.close()
  }
}

const human = ({ done, before, failed }: Awaited<ReturnType<typeof workAway>>): string =>
  `${done} jobs done, ${before} found done, ${failed} attempts failed.`
