import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { encoderOf } from '../../electron/engine/encode/encoder.ts'
import { fromParent } from '../../models/train/recipes.ts'
import { cropsOfImages } from '../../electron/engine/crops/cropSampler.ts'
import { trainNetwork } from '../../electron/engine/train/trainNetwork.ts'
import { safetensorsBytes } from '../../electron/formats/weights/safetensors.ts'
import { random } from '../../models/nn/random.ts'
import { presets, type NucleusVitConfig, type PresetName } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { pythonChild, type PythonChild } from './pythonChild.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

/**
 * Compares Karyon with eager PyTorch on this machine's CPU: the same network, weights, picture and number of threads,
 * measured alternately. Ratios are PyTorch's time ÷ Karyon's: above 1, Karyon is faster. Both start from bytes and
 * boxes. Karyon's training step is the app's own and includes cutting and colour-augmenting the crop. See README.md.
 */
const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    preset: { type: 'string', multiple: true, default: ['tiny', 'small', 'base'] },
    rounds: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
process.env.KARYON_PROVIDER ??= 'cpu'
const classes = 4
const nuclei = 100
const agreement = 1e-4
/** Runs per measurement, after one that loads the weights into the CPU's caches. */
const times = 2

/** Makes a random picture with nuclei at random places. */
function picture(side: number) {
  const rng = random(2)
  const rgb = Uint8Array.from({ length: side * side * 3 }, () => 128 + rng.below(100))
  const corners = Array.from({ length: nuclei }, () => [rng.below(side - 30), rng.below(side - 30)])
  const boxes = Float32Array.from(corners.flatMap(([x, y]) => [x, y, x + 25, y + 25]))
  return { width: side, height: side, rgb, boxes, labels: Int16Array.from({ length: nuclei }, (_, i) => i % classes) }
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
const seconds = async (work: () => Promise<unknown>) => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

interface Comparison {
  readonly karyon: number
  readonly pyTorch: number
  readonly ratio: number
}
const summary = (pairs: readonly { karyon: number; pyTorch: number }[]): Comparison => ({
  karyon: median(pairs.map((p) => p.karyon)),
  pyTorch: median(pairs.map((p) => p.pyTorch)),
  ratio: median(pairs.map((p) => p.pyTorch / p.karyon)),
})

async function compare(config: NucleusVitConfig, python: PythonChild, folder: string, rounds: number) {
  const layout = classifierLayout(config, classes)
  const values = initialise(layout, random(1), config)
  const image = picture(config.imageSize)
  const [weights, pixels, tokens] = ['weights.safetensors', 'pixels', 'tokens'].map((name) => join(folder, name))
  const tensors = layout.slots.map(
    ({ name, shape, offset, size }) => [name, { shape, data: values.subarray(offset, offset + size) }] as const,
  )
  await writeFile(weights, safetensorsBytes(tensors))
  await writeFile(pixels, image.rgb)
  const threads = availableParallelism()
  const [boxes, labels] = [[...image.boxes], [...image.labels]]
  const pyTorchInfo = await python.ask<{ torch: string; attention: string }>({
    ...{ do: 'load', config, classes, threads, weights, pixels, boxes, labels },
  })
  const theirs = async (what: 'forward' | 'train') =>
    (await python.ask<{ seconds: number }>({ do: 'run', what, times })).seconds

  const encoder = await encoderOf({ config, classes: new Array<string>(classes).fill(''), layout, values })
  const crops = cropEncoder(config)
  const forward = () => encoder.run(crops.encode(image.rgb, image.boxes))
  const ourTokens = (await forward()).tokens
  await python.ask({ do: 'tokens', config, file: tokens })
  const theirTokens = new Float32Array(new Uint8Array(await readFile(tokens)).buffer)
  const difference = ourTokens.reduce((worst, v, i) => Math.max(worst, Math.abs(v - theirTokens[i])), 0)
  if (ourTokens.length !== theirTokens.length || !(difference <= agreement))
    throw new Error(
      `Tokens must agree to ${agreement}; they differ by ${difference}: the two are not the same network.`,
    )

  const forwards: { karyon: number; pyTorch: number }[] = []
  for (let round = 0; round < rounds; round++) {
    await forward()
    let karyon = 0
    for (let i = 0; i < times; i++) karyon += (await seconds(forward)) / times
    forwards.push({ karyon, pyTorch: await theirs('forward') })
  }

  const steps: { karyon: number; pyTorch: number }[] = []
  let [started, spent, at] = [0, 0, 0]
  const recipe = {
    ...fromParent,
    ...{ epochs: 1 + rounds * (times + 1), cropsPerStep: 1, dropPath: 0, zoom: 1, average: 0 },
  }
  await trainNetwork({
    ...{ config, classes, layout, values, recipe, random: random(1) },
    crops: cropsOfImages([image], { config, classes, recipe, seed: 1 }),
    // Called between the backward pass and AdamW. A step is timed from one call to the next.
    onCrop: async () => {
      const now = performance.now()
      if (at > 0 && (at - 1) % (times + 1) > 0) spent += (now - started) / 1000 / times
      if (at > 0 && (at - 1) % (times + 1) === times) {
        steps.push({ karyon: spent, pyTorch: await theirs('train') })
        spent = 0
      }
      at++
      started = performance.now()
    },
  })
  return { ...pyTorchInfo, threads, difference, forward: summary(forwards), train: summary(steps) }
}

const python = pythonChild(options.python, new URL('./besidePyTorch.py', import.meta.url).pathname)
const folder = await mkdtemp(join(tmpdir(), 'karyon-beside-'))
try {
  const results: Record<string, Awaited<ReturnType<typeof compare>>> = {}
  for (const name of options.preset) {
    if (!(name in presets))
      throw new Error(`--preset must be one of ${Object.keys(presets).join(', ')}; got "${name}".`)
    results[name] = await compare(presets[name as PresetName], python, folder, Number(options.rounds))
  }
  const ratios = (what: 'forward' | 'train') =>
    Object.fromEntries(Object.entries(results).map(([name, r]) => [name, Number(r[what].ratio.toFixed(3))]))
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ forward: ratios('forward'), train: ratios('train'), details: results })}\n`,
    )
  else
    for (const [name, r] of Object.entries(results))
      for (const what of ['forward', 'train'] as const) {
        const ms = (s: number) => `${(1000 * s).toFixed(0)} ms`
        process.stdout.write(
          `${name.padEnd(6)} ${what.padEnd(8)} Karyon ${ms(r[what].karyon).padStart(8)}   PyTorch ${ms(r[what].pyTorch).padStart(8)}` +
            `   ratio ${r[what].ratio.toFixed(2)}   (tokens differ by ${r.difference.toExponential(1)}; ${r.attention} attention, ${r.threads} threads, torch ${r.torch})\n`,
        )
      }
} finally {
  python.close()
  await rm(folder, { recursive: true, force: true })
}
