import { MeasurementFailed } from '../electron/cli/verb.ts'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Option } from 'commander'
import { finetuneMethods, unwrap, type FinetuneMethod, type Job, inEnglish } from '../electron/contract/index.ts'
import { makeDemo } from '../electron/demo/index.ts'
import { readAnnotations } from '../electron/formats/index.ts'
import { Workbench } from '../electron/host/index.ts'
import { connectEngine } from '../electron/launch/engineClient.ts'
import { installation } from '../electron/launch/installation.ts'
import { readerOfRule, readerOfTruth, type ScriptedReader } from './scriptedReader.ts'
import { positive, wholeNumber, slideMpp } from '../electron/cli/options.ts'
import { run, type Verb } from '../electron/cli/verb.ts'

interface Options {
  mpp?: number
  corrections: number
  method: FinetuneMethod
  output?: string
  json?: boolean
}

/** karyon loop: runs the whole loop without a window. A scripted reader makes the corrections. */
export const loop: Verb = (program) =>
  program
    .command('loop')
    .argument('[slide]', 'slide; the demo slide, whose truth is known, where absent')
    .description('the whole loop without a window: find, classify, correct, fine-tune, re-classify, export')
    .option('--mpp <m>', slideMpp, positive)
    .option('--corrections <n>', 'nuclei the scripted reader labels', wholeNumber, 150)
    .addOption(new Option('--method <method>', 'what is trained').choices(finetuneMethods).default('head'))
    .option('-o, --output <folder>', 'folder for project, models and exports (default: a new temporary one)')
    .option('--json', 'summary as JSON on stdout')
    .action((slide: string | undefined, options: Options) => run(options, () => wholeLoop(slide, options), human))

async function wholeLoop(slide: string | undefined, options: Options) {
  const started = performance.now()
  const folder = options.output ? resolve(options.output) : await mkdtemp(join(tmpdir(), 'karyon-loop-'))
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const demo = slide === undefined ? await makeDemo(join(folder, 'demo')) : undefined
  const path = demo?.slide ?? slide!
  const { version, builtInModels } = installation()
  const project = join(folder, `${basename(path).replace(/\.[^.]+$/, '')}.karyon`)
  const workbench = await Workbench.open({ project, engine: connectEngine(), builtInModels, version })
  // The labels are learned from in one training below.
  workbench.live.switch(false)
  try {
    const slideId = await workbench.openSlide(path, options.mpp)
    say(`Slide: ${path}`)
    say(`Nuclei: ${resultOf(await done(workbench, workbench.detect(slideId)))}`)
    say(`Classes: ${resultOf(await done(workbench, workbench.classify(slideId)))}`)
    const parent = workbench.state().activeModelId
    const reader: ScriptedReader = demo
      ? await readerOfTruth(workbench, slideId, demo.truth)
      : readerOfRule(workbench, slideId)
    const corrected = reader.choose(options.corrections)
    const before = reader.agreement(corrected)
    for (const [classId, ids] of corrected) workbench.labels.set(slideId, ids, classId, `scripted: ${reader.name}`)
    const labels = [...corrected.values()].reduce((n, ids) => n + ids.length, 0)
    say(`Corrections: ${labels} nuclei labelled by ${reader.name}`)
    const trained = await done(workbench, workbench.train({ method: options.method }))
    say(`Training: ${resultOf(trained)}`)
    await workbench.idle()
    const proposed = workbench.state().slides.find(({ id }) => id === slideId)?.proposedRunId
    if (proposed) workbench.runs.accept(slideId, proposed)
    const after = reader.agreement(corrected)
    const { path: geojson, nuclei } = await workbench.exportFile(slideId, 'geojson', join(folder, 'nuclei.geojson'))
    await workbench.exportFile(slideId, 'csv', join(folder, 'nuclei.csv'))
    const { info } = workbench.state().slides.find(({ id }) => id === slideId)!
    const back = unwrap(await readAnnotations(geojson, info))
    say(`Export: ${geojson}, read back with ${back.classified.nuclei.count} nuclei`)
    return {
      slide: path,
      reader: reader.name,
      nuclei,
      labelled: labels,
      notLabelled: before.nuclei,
      accuracyBefore: before.accuracy,
      accuracyAfter: after.accuracy,
      models: { before: parent, after: workbench.state().activeModelId },
      exported: geojson,
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await workbench.close()
  }
}

/** Waits for a job. If it failed, throws its sentence. */
async function done(workbench: Workbench, jobId: number): Promise<Job> {
  const job = await workbench.finished(jobId)
  if (job.state !== 'done') throw new MeasurementFailed(`${inEnglish(job.title)}: ${resultOf(job)}`)
  return job
}

const human = (r: Awaited<ReturnType<typeof wholeLoop>>): string =>
  [
    `${r.nuclei} nuclei, ${r.labelled} labelled by ${r.reader}.`,
    `On the ${r.notLabelled} nuclei that were not labelled, agreement with the reader went from ` +
      `${r.accuracyBefore.toFixed(3)} (${r.models.before}) to ${r.accuracyAfter.toFixed(3)} (${r.models.after}).`,
    `Exported ${r.exported}; ${r.seconds.toFixed(0)} s in all.`,
  ].join('\n')

const resultOf = (job: Job): string => inEnglish(job.message ?? job.title)
