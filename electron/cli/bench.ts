import { Argument } from 'commander'
import { connectEngine } from '../launch/engineClient.ts'
import { presets } from '../../models/nucleusVit/config.ts'
import { wholeNumber } from './options.ts'
import { benchSlides, type SlideBench } from './slideBench/index.ts'
import { run, type Verb } from './verb.ts'

interface Options {
  preset: string[]
  rounds?: number
  json?: boolean
}

/** karyon bench: how near Karyon comes to the machine's limit, as ratios measured in one run. */
export const bench: Verb = (program) =>
  program
    .command('bench')
    .description('measure this machine; ratios to the best it can do, in one run')
    .addArgument(new Argument('<name>', 'what to measure').choices(['engine', 'slides']))
    .option('--preset <names...>', 'network sizes (engine)', Object.keys(presets))
    .option('--rounds <n>', 'how often each is measured; default 12 for the engine, 3 for slides', wholeNumber)
    .option('--json', 'result as JSON on stdout')
    .action((name: 'engine' | 'slides', options: Options) =>
      name === 'engine'
        ? run(options, () => measure(options), human)
        : run(options, () => benchSlides(options.rounds ?? 3), slidesInWords),
    )

async function measure({ preset, rounds = 12 }: Options) {
  const engine = connectEngine()
  try {
    return await engine.call('bench', { presets: preset, rounds })
  } finally {
    await engine.close()
  }
}

const human = (r: Awaited<ReturnType<typeof measure>>): string =>
  [
    `matrix product: ${r.matMulGflops.toFixed(0)} GFLOP/s`,
    ...Object.keys(r.forward).map(
      (name) => `${name}: forward ${r.forward[name].toFixed(2)}, training ${r.train[name].toFixed(2)}`,
    ),
    `int8 (${r.int8.preset}): ${r.int8.speed.toFixed(2)} × full precision, token cosine ≥ ${r.int8.cosine.toFixed(5)}`,
    `head on kept tokens: trained in ${r.head.trainSeconds.toFixed(2)} s (20,000), re-scored in ${r.head.rescoreSeconds.toFixed(2)} s (500,000)`,
    `whole slide: ${r.wholeSlide.toFixed(2)} of the bare forward pass`,
    `training that draws its crops: ${r.trainAhead.toFixed(2)} of the bare step`,
    `most memory while fine-tuning: ${Object.entries(r.memoryMB)
      .map(([name, MB]) => `${name} ${MB} MB`)
      .join(', ')}; growth over 180 cycles of train and classify: ${r.growthMB} MB`,
  ].join('\n')

const slidesInWords = (r: SlideBench): string =>
  [
    `beside OpenSlide ${r.openSlide}, 256² a second:`,
    `tiles passed through: ${r.passThrough.tiles.toFixed(0)}, ${r.passThrough.ratio.toFixed(1)} ×`,
    `regions decoded from JPEG: ${r.regions.karyon.toFixed(0)}, ${r.regions.ratio.toFixed(2)} ×`,
    `regions decoded from JPEG 2000: ${r.jpeg2000.karyon.toFixed(0)}, ${r.jpeg2000.ratio.toFixed(2)} ×`,
    `first tile of ${r.firstTile.megabytes.toFixed(0)} MB: ${r.firstTile.tileMs.toFixed(0)} ms after ${r.firstTile.openMs.toFixed(0)} ms to open`,
    `four viewers over HTTP: ${r.http.toFixed(0)} tiles a second`,
  ].join('\n')
