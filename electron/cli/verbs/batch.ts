import { basename, resolve } from 'node:path'
import { inEnglish, message } from '../../contract/index.ts'
import { writeAtomically } from '../../formats/index.ts'
import { Workbench } from '../../host/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { installation } from '../../launch/installation.ts'
import { findModel } from '../../launch/models.ts'
import { positive } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  csv: string
  project?: string
  model?: string
  mpp?: number
  json?: boolean
}

/** karyon batch: finds and classifies the nuclei of every slide of a folder, and writes one table of results. */
export const batch: Verb = (program) =>
  program
    .command('batch')
    .argument('<folder>', 'slides; folders in it are not looked into, but for those of one DICOM slide')
    .description('find and classify the nuclei of every slide of a folder, and write one table of results')
    .requiredOption('--csv <file>', 'table of results, one row a slide')
    .option(
      '--project <file>',
      'project in which the nuclei are kept (default: beside the table, with its name); what is done in it is not done again',
    )
    .option('--model <id|folder>', 'model that classifies (default: the one in use in the project)')
    .option('--mpp <m>', 'µm per pixel of slides whose files do not say it', positive)
    .option('--json', 'result as JSON on stdout')
    .action((folder: string, options: Options) => run(options, () => work(folder, options), human))

async function work(folder: string, options: Options) {
  const started = performance.now()
  const csv = resolve(options.csv)
  const project = resolve(options.project ?? csv.replace(/\.csv$/i, '') + '.karyon')
  const workbench = await Workbench.open({ project, engine: connectEngine(), ...installation() })
  try {
    workbench.live.switch(false)
    if (options.model !== undefined) workbench.activate(await workbench.addModel(await findModel(options.model)))
    const { slideIds, refused, folders, ended } = await workbench.batch(folder, options.mpp)
    for (const { name, why } of refused) process.stderr.write(`karyon: ${name}: ${inEnglish(why)}\n`)
    if (folders > 0) process.stderr.write(`karyon: ${inEnglish(message('batchFolders', { folders }))}\n`)
    const timer = setInterval(() => sayWhere(workbench), 1000)
    try {
      await ended
    } finally {
      clearInterval(timer)
    }
    const failures = workbench.batchFailures()
    for (const { path, why } of failures)
      if (!refused.some(({ name }) => name === basename(path)))
        process.stderr.write(`karyon: ${basename(path)}: ${inEnglish(why)}\n`)
    await writeAtomically(csv, [await workbench.results()], { gzip: false })
    const failed = failures.map(({ path, why }) => ({ slide: basename(path), why: inEnglish(why) }))
    return { slides: slideIds.length, failed, csv, project, seconds: (performance.now() - started) / 1000 }
  } finally {
    await workbench.close()
  }
}

/** Says on stderr which slide is worked on, and how much is left. */
function sayWhere(workbench: Workbench): void {
  const { jobs, slides } = workbench.state()
  const job = jobs.find(({ state }) => state === 'running')
  if (!job) return
  const left = jobs.filter(({ state }) => state === 'waiting').length
  const name = slides.find(({ id }) => id === job.slideId)?.name ?? ''
  progress(`${name}: ${inEnglish(job.title)} ${job.done}/${job.of}, then ${left} more steps`)
}

const human = (r: Awaited<ReturnType<typeof work>>): string =>
  `${r.slides} slides in ${r.seconds.toFixed(0)} s${r.failed.length > 0 ? `, ${r.failed.length} failed (see the table)` : ''}.\n${r.csv}\n${r.project}`
