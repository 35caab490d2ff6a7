import { Argument } from 'commander'
import { connectEngine } from '../launch/engineClient.ts'
import { presets } from '../../models/nucleusVit/config.ts'
import { wholeNumber } from './options.ts'
import { run, type Verb } from './verb.ts'

interface Options {
  preset: string[]
  rounds: number
  json?: boolean
}

/** karyon bench: how near Karyon comes to the machine's limit, as ratios measured in one run. */
export const bench: Verb = (program) =>
  program
    .command('bench')
    .description('measure this machine; ratios to the best it can do, in one run')
    .addArgument(new Argument('<name>', 'what to measure').choices(['engine']))
    .option('--preset <names...>', 'network sizes', Object.keys(presets))
    .option('--rounds <n>', 'how often each is measured', wholeNumber, 12)
    .option('--json', 'result as JSON on stdout')
    .action((_name: string, options: Options) => run(options, () => measure(options), human))

async function measure({ preset, rounds }: Options) {
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
