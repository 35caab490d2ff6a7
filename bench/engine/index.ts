import { Graph } from '../../models/graph/graph.ts'
import { smallestCosine } from '../../models/metrics/numbers.ts'
import { random } from '../../models/nn/random.ts'
import { presets, type NucleusVitConfig, type PresetName } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { forwardFlops } from '../../models/nucleusVit/flops.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { matMul } from '../../models/ops/linear.ts'
import { drawingRatio } from './cropStream.ts'
import { benchHead } from './head.ts'
import { wholeSlideRatio } from './wholeSlide.ts'
import { benchMemory } from './memory.ts'
import { cropsOfImages, type LabelledImage } from '../../electron/engine/crops/cropSampler.ts'
import type { EngineBench } from './run.ts'
import { encoderOf } from '../../electron/engine/encode/encoder.ts'
import { fromScratch } from '../../models/train/recipes.ts'
import { graphSession } from '../../electron/engine/runtime/session.ts'
import { trainNetwork } from '../../electron/engine/train/trainNetwork.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

/** Measures how close the engine comes to the machine's limit. The results are ratios to onnxruntime's own 1024³ matrix
 * product, measured alternately with it in the same run, because machines are noisy and absolute times say little.
 */
export async function measureHere(names: readonly string[], rounds: number): Promise<EngineBench> {
  const product = await matrixProduct()
  const forward: Record<string, number> = {}
  const train: Record<string, number> = {}
  const few = Math.max(2, Math.round(rounds / 4))
  let wholeSlide = 0
  let trainAhead = 0
  for (const name of names) {
    const config = presets[name as PresetName]
    const bare = await networkFor(config)
    forward[name] = await ratio(rounds, product, () => bare.forward(), forwardFlops(config, nucleiPerCrop))
    if (name === names[0]) {
      wholeSlide = await wholeSlideRatio(few, bare.network, nucleiPerCrop, breathe)
      const picture = noisePicture(2 * config.imageSize, 4 * nucleiPerCrop)
      trainAhead = await drawingRatio(few, config, picture, breathe)
    }
    train[name] = await trainRatio(Math.max(2, Math.round(rounds / 3)), product, bare, config)
  }
  const int8 = await int8Gain(rounds, names[names.length - 1] as PresetName)
  return {
    forward,
    train,
    wholeSlide,
    trainAhead,
    int8,
    head: await benchHead(),
    ...(await benchMemory(names, breathe)),
    matMulGflops: product.gflops(),
  }
}

/**
 * Compares 8-bit encoding with full precision, alternately: speed, and the smallest cosine of a nucleus's two tokens.
 */
async function int8Gain(rounds: number, preset: PresetName): Promise<EngineBench['int8']> {
  const config = presets[preset]
  const layout = classifierLayout(config, 4)
  const network = { config, classes: ['', '', '', ''], layout, values: initialise(layout, random(1), config) }
  const [exact, fast] = [await encoderOf(network), await encoderOf(network, 'int8')]
  const { rgb, boxes } = noisePicture(config.imageSize)
  const feeds = cropEncoder(config).encode(rgb, boxes)
  const [a, b] = [(await exact.run(feeds)).tokens, (await fast.run(feeds)).tokens]
  await Promise.all([exact.run(feeds), fast.run(feeds)])
  const speeds: number[] = []
  for (let round = 0; round < rounds; round++) {
    await breathe()
    const started = performance.now()
    await exact.run(feeds)
    const middle = performance.now()
    await fast.run(feeds)
    speeds.push((middle - started) / (performance.now() - middle))
  }
  return { preset, speed: median(speeds), cosine: smallestCosine(a, b, config.width) }
}

/** Lets the process handle messages and timers between two runs, because a run blocks its thread. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

const nucleiPerCrop = 100
/** 1024³ multiply–adds. */
const productFlops = 2 * 1024 ** 3

interface Product {
  /** Runs one product and returns its seconds. */
  run(): Promise<number>
  /** Returns the GFLOP/s of the fastest product so far. */
  gflops(): number
}

async function matrixProduct(): Promise<Product> {
  const graph = new Graph()
  const y = matMul(graph.input('a', [1024, 1024]), graph.input('b', [1024, 1024]))
  const session = await graphSession(graph, { y })
  const a = new Float32Array(1024 * 1024).fill(0.5)
  const y0 = new Float32Array(1024 * 1024)
  let best = Infinity
  return {
    async run() {
      const started = performance.now()
      await session.run({ a, b: a }, { y: y0 })
      const seconds = (performance.now() - started) / 1000
      best = Math.min(best, seconds)
      return seconds
    },
    gflops: () => productFlops / best / 1e9,
  }
}

/** Returns the median over rounds of (FLOP/s of `work`) ÷ (FLOP/s of the products before and after it). */
async function ratio(rounds: number, product: Product, work: () => Promise<void>, flops: number): Promise<number> {
  for (let i = 0; i < 2; i++) {
    await product.run()
    await work() // the first two runs of a session are slow
  }
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    await breathe()
    const before = await medianProduct(product)
    const started = performance.now()
    await work()
    const seconds = (performance.now() - started) / 1000
    const after = await medianProduct(product)
    ratios.push(flops / seconds / (productFlops / ((before + after) / 2)))
  }
  return median(ratios)
}

const medianProduct = async (product: Product): Promise<number> =>
  median([await product.run(), await product.run(), await product.run()])

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

async function networkFor(config: NucleusVitConfig) {
  const classes = 4
  const layout = classifierLayout(config, classes)
  const values = initialise(layout, random(1), config)
  const network = { config, classes: new Array<string>(classes).fill(''), layout, values }
  const encoder = await encoderOf(network)
  const picture = noisePicture(config.imageSize)
  const feeds = cropEncoder(config).encode(picture.rgb, picture.boxes)
  return {
    network,
    forward: async () => void (await encoder.run(feeds)),
    layout,
    values,
    picture,
  }
}

/**
 * Measures whole steps of the app's own training loop, including augmentation. The product is measured between them.
 */
async function trainRatio(
  steps: number,
  product: Product,
  { layout, values, picture }: Awaited<ReturnType<typeof networkFor>>,
  config: NucleusVitConfig,
): Promise<number> {
  const flops = 3 * fromScratch.cropsPerStep * forwardFlops(config, nucleiPerCrop)
  const ratios: number[] = []
  let started = 0
  let before = 0
  const recipe = { ...fromScratch, epochs: steps + 1, zoom: 1 }
  await trainNetwork({
    config,
    classes: 4,
    layout,
    values,
    crops: cropsOfImages([picture], { config, classes: 4, recipe, seed: 1 }),
    recipe,
    random: random(1),
    onCrop: async ({ step }) => {
      await breathe()
      if (!Number.isInteger(step)) return
      const seconds = (performance.now() - started) / 1000
      const after = await medianProduct(product)
      if (step > 1) ratios.push(flops / seconds / (productFlops / ((before + after) / 2)))
      before = after
      started = performance.now()
    },
  })
  return median(ratios)
}

/** Makes a picture of noise. If it is as large as a crop, every crop of it at its own scale has the same nuclei. */
function noisePicture(side: number, count = nucleiPerCrop): LabelledImage {
  const rng = random(2)
  const rgb = Uint8Array.from({ length: side * side * 3 }, () => 128 + rng.below(100))
  const boxes = new Float32Array(4 * count)
  for (let i = 0; i < count; i++) {
    const [x, y] = [rng.below(side - 30), rng.below(side - 30)]
    boxes.set([x, y, x + 25, y + 25], 4 * i)
  }
  return { width: side, height: side, rgb, boxes, labels: Int16Array.from({ length: count }, (_, i) => i % 4) }
}
