import { Argument } from 'commander'
import { presets } from '../../models/nucleusVit/config.ts'
import { engineInWords, measureEngine } from './benchEngine.ts'
import { slidesInWords } from './benchSlides.ts'
import { measureStore, storeInWords } from './benchStore.ts'
import { wholeNumber } from './options.ts'
import { benchSlides } from './slideBench/index.ts'
import { run, type Verb } from './verb.ts'

interface Options {
  preset: string[]
  rounds?: number
  nuclei: number
  steps: number
  json?: boolean
}
const defaultRounds = { engine: 12, slides: 3 }

const measures = {
  engine: (options: Options) =>
    run(options, () => measureEngine({ ...options, rounds: options.rounds ?? defaultRounds.engine }), engineInWords),
  slides: (options: Options) => run(options, () => benchSlides(options.rounds ?? defaultRounds.slides), slidesInWords),
  store: (options: Options) => run(options, () => measureStore(options), storeInWords),
}

/** karyon bench: how near Karyon comes to the machine's limit, and what a full-scale project costs. */
export const bench: Verb = (program) =>
  program
    .command('bench')
    .description(
      'measure this machine: engine and slides as ratios to the best there is, a project of a million nuclei',
    )
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(measures)))
    .option('--preset <names...>', 'engine: network sizes', Object.keys(presets))
    .option('--rounds <n>', 'engine, slides: how often each is measured; default 12 and 3', wholeNumber)
    .option('--nuclei <n>', 'store: nuclei on the slide', wholeNumber, 1_000_000)
    .option('--steps <n>', 'store: bulk labels of half of them', wholeNumber, 100)
    .option('--json', 'result as JSON on stdout')
    .action((name: keyof typeof measures, options: Options) => measures[name](options))
