import { InvalidArgumentError } from 'commander'
import { unwrap, type Rect } from '../../contract/index.ts'
import { writeGeoJson } from '../../formats/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { findDetector } from '../../launch/detectors.ts'
import { warnOfMisfits } from '../fitness.ts'
import { detectNuclei } from '../nuclei.ts'
import { positive, slideMpp } from '../options.ts'
import { slideScale } from '../slideScale.ts'
import { run, type Verb } from '../verb.ts'

interface Options {
  output: string
  region?: Rect
  mpp?: number
  detector?: string
  json?: boolean
}

/** karyon detect: writes the outline of every nucleus of a slide. */
export const detect: Verb = (program) =>
  program
    .command('detect')
    .argument('<slide>')
    .description('find the nuclei of a slide and write their outlines as GeoJSON for QuPath')
    .option('--region <x,y,w,h>', 'only here, in pixels of the full resolution', rectangle)
    .option('--detector <folder>', 'of your own')
    .option('--mpp <m>', slideMpp, positive)
    .requiredOption('-o, --output <file>', 'GeoJSON file; .gz is compressed')
    .option('--json', 'result as JSON on stdout')
    .action((slide: string, options: Options) =>
      run(
        options,
        () => detectSlide(slide, options),
        ({ nuclei, seconds }) => `${nuclei} nuclei in ${seconds.toFixed(1)} s, written to ${options.output}`,
      ),
    )

async function detectSlide(slide: string, options: Options) {
  const started = performance.now()
  const { mpp, notes } = await slideScale(slide, options.mpp)
  const detector = options.detector === undefined ? undefined : await findDetector(options.detector)
  await warnOfMisfits(slide, options.mpp)
  const engine = connectEngine()
  try {
    const nuclei = await detectNuclei(engine, slide, mpp, { region: options.region, detector })
    const classIndex = new Int16Array(nuclei.count).fill(-1)
    unwrap(await writeGeoJson(options.output, { nuclei, classes: [], classIndex }))
    return { nuclei: nuclei.count, mpp, notes, seconds: (performance.now() - started) / 1000, output: options.output }
  } finally {
    await engine.close()
  }
}

function rectangle(text: string): Rect {
  const [x, y, width, height, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (more.length || ![x, y, width, height].every(Number.isFinite) || width <= 0 || height <= 0)
    throw new InvalidArgumentError(`must be x,y,width,height in pixels, as in 0,0,1000,800; got "${text}".`)
  return { x, y, width, height }
}
