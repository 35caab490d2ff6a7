import { classColours, unwrap } from '../../contract/index.ts'
import { writeGeoJson } from '../../formats/index.ts'
import { warnOfMisfits } from '../fitness.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { findModel } from '../../launch/models.ts'
import { classifyNuclei, detectNuclei, importNuclei } from '../nuclei.ts'
import { positive, slideMpp } from '../options.ts'
import { slideScale } from '../slideScale.ts'
import { run, type Verb } from '../verb.ts'

interface Options {
  nuclei?: string
  model?: string
  mpp?: number
  output: string
  int8?: boolean
  json?: boolean
}

/** karyon classify: writes every nucleus of a slide with class, probability and outline. */
export const classify: Verb = (program) =>
  program
    .command('classify')
    .argument('<slide>')
    .description('classify every nucleus of a slide and write GeoJSON for QuPath')
    .option('--nuclei <file>', 'nuclei from this file (QuPath GeoJSON) instead of finding them')
    .option('--model <id|folder>', 'model to use')
    .option('--mpp <m>', slideMpp, positive)
    .requiredOption('-o, --output <file>', 'GeoJSON file; .gz is compressed')
    .option('--int8', 'encode in 8 bits: faster on the processor, nearly the same tokens')
    .option('--json', 'result as JSON on stdout')
    .action((slide: string, options: Options) => run(options, () => classifySlide(slide, options), human))

async function classifySlide(slide: string, options: Options) {
  const started = performance.now()
  const model = await findModel(options.model)
  const { info, mpp, notes } = await slideScale(slide, options.mpp)
  await warnOfMisfits(slide, options.mpp, options.model)
  const engine = connectEngine()
  try {
    const nuclei = options.nuclei ? await importNuclei(options.nuclei, info) : await detectNuclei(engine, slide, mpp)
    const { classes, classIndex, probabilities, provider, precision } = await classifyNuclei(
      engine,
      slide,
      mpp,
      nuclei,
      model,
      { precision: options.int8 ? 'int8' : 'float32' },
    )
    unwrap(
      await writeGeoJson(options.output, {
        nuclei,
        classes: classes.map((name, i) => ({ name, color: classColours[i % classColours.length] })),
        classIndex,
        probabilities,
        probabilityClasses: classes,
      }),
    )
    const counts = Object.fromEntries(
      classes.map((name, c) => [name, classIndex.reduce((n, k) => n + (k === c ? 1 : 0), 0)]),
    )
    const seconds = (performance.now() - started) / 1000
    return { nuclei: nuclei.count, mpp, notes, classes: counts, seconds, provider, precision }
  } finally {
    await engine.close()
  }
}

const human = (r: Awaited<ReturnType<typeof classifySlide>>): string =>
  [
    `${r.nuclei} nuclei in ${r.seconds.toFixed(1)} s (${r.provider}${r.precision === 'int8' ? ', 8 bits' : ''})`,
    ...Object.entries(r.classes).map(([name, n]) => `  ${name}: ${n}`),
  ].join('\n')
