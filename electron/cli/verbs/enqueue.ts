import { stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { cohortJobKinds, FailureError, inEnglish, isPathBelow, message, type CohortJob } from '../../contract/index.ts'
import { findDetector } from '../../launch/detectors.ts'
import { findModel } from '../../launch/models.ts'
import { slidesIn } from '../../slides/index.ts'
import { cohortJob } from '../cohort/job.ts'
import { localQueue } from '../cohort/localQueue.ts'
import { withQueue, redisOf, type QueueOptions } from '../cohort/options.ts'
import { keepsJobs, redisQueue, serverOf } from '../cohort/redisQueue.ts'
import { makeCohort, readResults } from '../cohort/results.ts'
import { writeCohortTable } from '../cohort/table.ts'
import { namedWeights } from '../cohort/weights.ts'
import { endSignal, say, workOn } from '../cohort/worker.ts'
import { positive, wholeNumber } from '../options.ts'
import { run, type Verb } from '../verb.ts'

interface Options extends QueueOptions {
  slides?: string
  results: string
  kind: CohortJob['kind']
  metric: 'A' | 'B' | 'C'
  model?: string
  detector?: string
  mpp?: number
  attempts: number
  csv?: string
  json?: boolean
}

function attempts(text: string): number {
  const value = wholeNumber(text)
  if (value < 1) throw new InvalidArgumentError('must be at least 1.')
  return value
}

/** karyon enqueue: makes a job of every slide of a folder. */
export const enqueue: Verb = (program) =>
  withQueue(program.command('enqueue'), ' (without one, the jobs are done here, one after another)')
    .argument('<folder>', 'slides, also in its folders; of --kind evaluate a labelled data set')
    .description('make a job of every slide of a folder, for the workers of a queue or, without one, for this machine')
    .option('--slides <folder>', 'the shared folder of slides (default: <folder>); workers give their own name of it')
    .requiredOption('--results <folder>', 'the shared folder of results; made where it is not there')
    .addOption(new Option('--kind <what>', 'what to do').choices(cohortJobKinds).default('classify'))
    .addOption(new Option('--metric <name>', 'of --kind evaluate').choices(['A', 'B', 'C']).default('A'))
    .option('--model <id|folder>', 'model that classifies; workers find it by its name')
    .option('--detector <id|folder>', 'what finds the nuclei; workers find it by its name')
    .option('--mpp <m>', 'µm per pixel of slides whose files do not say it', positive)
    .option('--attempts <n>', 'how often a job is tried whose engine stops', attempts, 3)
    .option('--csv <file>', 'without a queue: table of results, one row a slide')
    .option('--json', 'result as JSON on stdout')
    .action((folder: string, options: Options) => run(options, () => enqueueAll(folder, options), human))

async function enqueueAll(folder: string, options: Options) {
  const results = resolve(options.results)
  const server = options.queue ? serverOf(options.queue) : undefined
  // A data set can be the folder itself; then it is named from the folder around it.
  const isData = options.kind === 'evaluate'
  const slides = resolve(options.slides ?? (isData ? dirname(resolve(folder)) : folder))
  const jobs = await jobsOf(resolve(folder), slides, results, options)
  const isDone = new Set((await readResults(results)).map(({ job }) => job.result))
  const open = jobs.filter(({ result }) => !isDone.has(result))
  const counts = { slides: jobs.length, done: jobs.length - open.length }
  if (server === undefined) return { ...counts, ...(await doHere(open, slides, results, options)) }
  const queue = await redisQueue(redisOf(options))
  try {
    const added = await queue.add(open, options.attempts)
    if (!(await keepsJobs(options.queue!).catch(() => true))) say(inEnglish(message('cohortNotKept', { server })))
    return { ...counts, added, known: open.length - added }
  } finally {
    await queue.close()
  }
}

/** Makes the jobs of all slides of a folder, or the one of a data set. */
async function jobsOf(folder: string, slides: string, results: string, options: Options): Promise<CohortJob[]> {
  const { kind } = options
  const isData = kind === 'evaluate'
  const paths = isData ? [folder] : (await slidesIn(folder, { deep: true })).paths
  if (paths.length === 0) throw new FailureError('empty', message('cohortNoSlides', { folder }))
  const way = relative(slides, folder)
  if (way.split(sep)[0] === '..' || isAbsolute(way))
    throw new FailureError('invalid-input', message('cohortNotBelow', { folder, slides }))
  const model = kind === 'find' ? undefined : resolve(await findModel(options.model))
  const detector = await findDetector(options.detector)
  for (const one of [model, detector])
    if (one !== undefined && !/^\w[\w.-]*$/.test(basename(one)))
      throw new FailureError('invalid-input', message('cohortNameForm', { name: basename(one) }))
  const weights = {
    model: model === undefined ? null : await namedWeights('model', model),
    detector: await namedWeights('detector', detector),
  }
  const cohort = await makeCohort(results)
  const jobs: CohortJob[] = []
  for (const path of paths) {
    const slide = relative(slides, path).split(sep).join('/')
    if (!isPathBelow(slide)) {
      say(inEnglish(message('cohortPathLeaves', { slide })))
      continue
    }
    // A link that leads nowhere is left to the worker, which says so.
    const found = await stat(path).catch(() => undefined)
    const bytes = found === undefined || found.isDirectory() ? null : found.size
    const settings = { mpp: options.mpp ?? null, metric: isData ? options.metric : null }
    jobs.push(cohortJob({ kind, cohort, slide, bytes, ...weights, settings }))
  }
  return jobs
}

/** Does the jobs in this process. */
async function doHere(jobs: readonly CohortJob[], slides: string, results: string, options: Options) {
  const queue = localQueue()
  await queue.add(jobs, options.attempts)
  const models = [options.model, options.detector].flatMap((one) => (one === undefined ? [] : [dirname(resolve(one))]))
  const done = await workOn(queue, { slides, results, models }, { signal: endSignal(), untilEmpty: true })
  const all = await queue.all()
  const failed = all
    .filter(({ state }) => state === 'failed')
    .map(({ job, failure }) => ({ slide: job.slide, failure }))
  if (options.csv !== undefined) await writeCohortTable(options.csv, results, all)
  return { here: done.done, failed, left: all.filter(({ state }) => state === 'waiting').length, csv: options.csv }
}

function human(r: Awaited<ReturnType<typeof enqueueAll>>): string {
  const before = r.done > 0 ? `, ${r.done} of them done before` : ''
  if ('added' in r)
    return `${r.slides} slides${before}: ${r.added} new jobs${r.known > 0 ? `, ${r.known} were in the queue already` : ''}.`
  const failed = r.failed.map(({ slide, failure }) => `${slide}: ${failure}`)
  const left = r.left > 0 ? [`${r.left} are left: run the same command again.`] : []
  return [`${r.slides} slides${before}: ${r.here} done here, ${r.failed.length} failed.`, ...failed, ...left].join('\n')
}
