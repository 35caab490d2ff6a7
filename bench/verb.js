import { Argument } from 'commander'
import { presets } from '../models/nucleusVit/config.js'
import { engineInWords, measureEngine } from './engine/run.js'
import { measureStore, storeInWords } from './store.js'
import { wholeNumber } from '../electron/cli/options.js'
import { benchSlides, slidesInWords } from './slides/index.js'
import { benchOverlay, overlayInWords } from './overlay/index.js'
import { run } from '../electron/cli/verb.js'
const defaultRounds = { engine: 12, slides: 3 }
const defaultNuclei = { store: 1_000_000, overlay: [200_000, 1_000_000] }
const measures = {
  engine: (options) =>
    run(
      options,
      () => measureEngine({ presets: options.preset, rounds: options.rounds ?? defaultRounds.engine }),
      engineInWords,
    ),
  slides: (options) => run(options, () => benchSlides(options.rounds ?? defaultRounds.slides), slidesInWords),
  store: (options) =>
    run(options, () => measureStore({ ...options, nuclei: options.nuclei ?? defaultNuclei.store }), storeInWords),
  overlay: (options) =>
    run(
      options,
      () => benchOverlay(options.nuclei === undefined ? defaultNuclei.overlay : [options.nuclei], options.browser),
      overlayInWords,
    ),
}
/** karyon bench: how near Karyon comes to the machine's limit, and what a full-scale project costs. */
export const bench = (program) =>
  program
    .command('bench')
    .description(
      'measure this machine: engine and slides as ratios to the best there is, a project and the page of a million nuclei',
    )
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(measures)))
    .option('--preset <names...>', 'engine: network sizes', Object.keys(presets))
    .option('--rounds <n>', 'engine, slides: how often each is measured; default 12 and 3', wholeNumber)
    .option(
      '--nuclei <n>',
      'store, overlay: nuclei on the slide; default 1,000,000, and for overlay 200,000 too',
      wholeNumber,
    )
    .option('--browser <path>', 'overlay: Chromium or Chrome to draw in; default: the one that is installed')
    .option('--steps <n>', 'store: bulk labels of half of them', wholeNumber, 100)
    .option('--json', 'result as JSON on stdout')
    .action((name, options) => measures[name](options))
//# sourceMappingURL=verb.js.map
