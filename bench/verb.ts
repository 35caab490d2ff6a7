import { resolve } from 'node:path'
import { Argument, Option } from 'commander'
import { presets } from '../models/nucleusVit/config.ts'
import { wholeNumber } from '../electron/cli/options.ts'
import { run, type Verb } from '../electron/cli/verb.ts'
import { arms, type Arm } from './learning/arms.ts'

interface Options {
  preset: string[]
  rounds?: number
  nuclei?: number
  browser?: string
  steps: number
  slide?: string
  model?: string
  data?: string
  dataMap: string
  tiles?: string
  detector?: string
  labels: string[]
  seeds: number
  arms: Arm[]
  touched: number
  untouched: number
  picture?: string
  json?: boolean
}
/** BRCA-M2C's classes in the words of the models trained on CoNSeP. */
const brcaClasses = 'lymphocyte=inflammatory,stromal=spindle-shaped'
const defaultRounds = { engine: 12, slides: 3 }
const defaultNuclei = { loop: 500_000, store: 1_000_000, overlay: [200_000, 1_000_000] }

/**
 * The measurements. Each is loaded on demand, so that a dependency of one (such as a browser driver) is not needed for
 * the others.
 */
const measures = {
  engine: async (options: Options) => {
    const { engineInWords, measureEngine } = await import('./engine/run.ts')
    const task = { presets: options.preset, rounds: options.rounds ?? defaultRounds.engine }
    return run(options, () => measureEngine(task), engineInWords)
  },
  slides: async (options: Options) => {
    const { benchSlides, slidesInWords } = await import('./slides/index.ts')
    return run(options, () => benchSlides(options.rounds ?? defaultRounds.slides), slidesInWords)
  },
  slide: async (options: Options) => {
    const { benchSlide, slideInWords } = await import('./slide.ts')
    return run(options, () => benchSlide(options.slide, options.model), slideInWords)
  },
  learning: async (options: Options) => {
    const { learningInWords, measureLearning } = await import('./learning/index.ts')
    const data = options.data ?? resolve('../shared/data/brca-m2c')
    const { labels, seeds, arms, touched, untouched } = options
    const { dataMap, detector, model, picture } = options
    const task = {
      data,
      dataMap,
      tiles: options.tiles,
      detector,
      model,
      labels: labels.map(Number),
      seeds,
      arms,
      touched,
      untouched,
      picture,
    }
    return run(options, () => measureLearning(task), learningInWords)
  },
  loop: async (options: Options) => {
    const { benchLabelLoop, labelLoopInWords } = await import('./labelLoop.ts')
    return run(options, () => benchLabelLoop(options.nuclei ?? defaultNuclei.loop), labelLoopInWords)
  },
  store: async (options: Options) => {
    const { measureStore, storeInWords } = await import('./store.ts')
    return run(options, () => measureStore({ ...options, nuclei: options.nuclei ?? defaultNuclei.store }), storeInWords)
  },
  overlay: async (options: Options) => {
    const { benchOverlay, overlayInWords } = await import('./overlay/index.ts')
    const counts = options.nuclei === undefined ? defaultNuclei.overlay : [options.nuclei]
    return run(options, () => benchOverlay(counts, options.browser), overlayInWords)
  },
}

/** karyon bench: measures how close Karyon comes to the machine's limit, and the cost of a full-scale project. */
export const bench: Verb = (program) =>
  program
    .command('bench')
    .description(
      'measure this machine: engine and slides as ratios to the best there is, the time of one slide, what labels teach and how soon, a project and the page of a million nuclei',
    )
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(measures)))
    .option('--preset <names...>', 'engine: network sizes', Object.keys(presets))
    .option('--rounds <n>', 'engine, slides: how often each is measured; default 12 and 3', wholeNumber)
    .option(
      '--nuclei <n>',
      'loop, store, overlay: nuclei on the slide; default 500,000 for loop, else 1,000,000, and for overlay 200,000 too',
      wholeNumber,
    )
    .option('--browser <path>', 'overlay: Chromium or Chrome to draw in; default: the one that is installed')
    .option('--steps <n>', 'store: bulk labels of half of them', wholeNumber, 100)
    .option(
      '--slide <path>',
      'slide: what to find and classify nuclei on; default: CMU-1-Small-Region beside the checkout',
    )
    .option('--model <folder>', 'slide, learning: the classifier; default for slide: the one that a new project uses')
    .option('--data <path>', 'learning: data set to label; default: BRCA-M2C beside the checkout')
    .option('--data-map <names>', 'learning: what its classes mean for the model', brcaClasses)
    .option('--tiles <names>', 'learning: only these images, or with a leading ! all but these')
    .option('--detector <folder>', 'learning: what finds the nuclei of its dots; default: the built-in one')
    .option('--labels <n...>', 'learning: after how many labels each arm is scored', ['20', '50', '100', '200', '500'])
    .option('--seeds <n>', 'learning: draws of tiles and labels', wholeNumber, 5)
    .addOption(new Option('--arms <names...>', 'learning: what learns').choices(arms).default(arms))
    .option('--touched <n>', 'learning: tiles that the reader labels in', wholeNumber, 8)
    .option('--untouched <n>', 'learning: tiles of the hospital left out', wholeNumber, 8)
    .option('--picture <svg>', 'learning: draw the curves')
    .option('--json', 'result as JSON on stdout')
    .action((name: keyof typeof measures, options: Options) => measures[name](options))
