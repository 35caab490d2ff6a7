import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { encoderOf, weightFeeds } from '../../../electron/engine/encode/encoder.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf, type ParameterLayout } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { adamWState, adamWStep, parameterGroups } from '../../../models/train/adamW.ts'
import { layerRate } from '../../../models/train/schedule.ts'
import { crossEntropy, targets } from '../../../models/train/loss.ts'
import { expectClose } from './parityData.ts'

interface OddShape {
  config: NucleusVitConfig
  classes: number
  boxes: number[]
  labels: number[]
  expected: {
    cls: number[]
    patches: number[]
    nuclei: number[]
    logits: number[]
    gradients: Record<string, { norm: number; at: number[] }>
    losses: number[]
    weights: Record<string, number[]>
  }
}
/** Numbers of PyTorch; KARYON_ODD_SHAPES names another file of them. How they are made: reference/README.md. */
const file = process.env.KARYON_ODD_SHAPES ?? new URL('./reference/oddShapes.json', import.meta.url)
const { cases, samples, training } = JSON.parse(readFileSync(file, 'utf8')) as {
  cases: OddShape[]
  samples: number
  training: { steps: number; rate: number; decay: number; layerDecay: number }
}
const absolute = 1e-4
const relative = 1e-3

const uniform = (seed: number, count: number) => {
  const rng = random(seed)
  return Float64Array.from({ length: count }, () => rng.next())
}
/** Numbers at the places that the reference also took. */
const sampled = (data: ArrayLike<number>) =>
  data.length === 0 ? [] : Array.from(uniform(7, samples), (u) => data[Math.floor(u * data.length)])

/** The reference's weights: every one away from what it starts at. */
function weightsFor(layout: ParameterLayout): Float32Array {
  const values = new Float32Array(layout.size)
  const byName = [...layout.slots].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const [k, { name, shape, offset, size }] of byName.entries()) {
    const scale = shape.length === 1 || name.startsWith('cls') ? 1 : 2 / Math.sqrt(size / shape[0])
    const start = name.includes('norm') && name.endsWith('weight') ? 1 : 0
    uniform(1000 + k, size).forEach((u, i) => (values[offset + i] = start + scale * (u - 0.5)))
  }
  return values
}

async function run({ config, classes, boxes, labels }: OddShape) {
  const graph = new Graph()
  const { tokens, nuclei } = nucleusVit(config, nucleusVitInputs(graph, config))
  const logits = classHead(nuclei, classes)
  const loss = crossEntropy(logits, graph.input('targets', ['N', classes]))
  const outputs: Record<string, Value> = { tokens, logits, loss }
  gradients(loss, graph.parameters).forEach((g, i) => (outputs[`d ${graph.parameters[i].name}`] = g))
  const layout = layoutOf(graph.parameters)
  const values = weightsFor(layout)
  const session = await graphSession(graph, outputs)

  const rgb = Uint8Array.from(uniform(5, 3 * config.imageSize ** 2), (u) => Math.floor(256 * u))
  const feeds = cropEncoder(config).encode(rgb, Float32Array.from(boxes))
  const labelled = labels.filter((l) => l >= 0).length
  const encoder = await encoderOf({ config, classes: new Array<string>(classes).fill(''), layout, values })
  const encoded = await encoder.run(feeds)
  const groups = parameterGroups(
    layout,
    () => true,
    (name) => layerRate(name, config.layers, training.layerDecay),
  )
  const state = adamWState(layout.size)
  const gradient = new Float32Array(layout.size)
  const losses: number[] = []
  let first: Awaited<ReturnType<typeof session.run>> | undefined
  for (let step = 0; step < training.steps; step++) {
    const result = await session.run({
      ...weightFeeds(layout, values, session.parameters),
      ...feeds,
      targets: targets(labels, Math.max(1, labelled), { classes }),
    })
    first ??= result
    losses.push(result.loss.data[0] as number)
    for (const { name, offset } of layout.slots) gradient.set(result[`d ${name}`].data as Float32Array, offset)
    adamWStep(values, gradient, state, groups, training.rate, { weightDecay: training.decay })
  }
  const part = (name: string) => values.subarray(layout.slot(name).offset).subarray(0, layout.slot(name).size)
  return { encoded, first: first!, losses, part }
}

describe.each(cases.map((odd) => [describeCase(odd), odd] as const))('%s, as PyTorch', (_, odd) => {
  const { config, expected } = odd
  const nuclei = odd.labels.length
  const patches = (config.imageSize / config.patchSize) ** 2
  let result: Awaited<ReturnType<typeof run>>
  beforeAll(async () => (result = await run(odd)))

  it('tokens and logits', () => {
    const tokens = result.first.tokens.data as Float32Array
    const rows = (from: number, to: number) => sampled(tokens.subarray(from * config.width, to * config.width))
    expectClose('[CLS]', rows(0, 1), expected.cls, { absolute })
    expectClose('patches', rows(1, 1 + patches), expected.patches, { absolute })
    expect(result.encoded.tokens.length).toBe(nuclei * config.width)
    expect(result.encoded.logits.length).toBe(nuclei * odd.classes)
    if (nuclei === 0) return
    expectClose('nuclei', rows(1 + patches, 1 + patches + nuclei), expected.nuclei, { absolute })
    expectClose('nuclei, encoder', sampled(result.encoded.tokens), expected.nuclei, { absolute })
    expectClose('logits', sampled(result.encoded.logits), expected.logits, { absolute })
  })

  it('gradients', () => {
    for (const [name, { norm, at }] of Object.entries(expected.gradients)) {
      const mine = result.first[`d ${name}`].data as Float32Array
      const size = Math.max(norm, 1e-6)
      expect(Math.abs(Math.hypot(...sumsOfSquares(mine)) - norm) / size, name).toBeLessThanOrEqual(relative)
      sampled(mine).forEach((g, i) => expect(Math.abs(g - at[i]) / size, name).toBeLessThanOrEqual(relative))
    }
  })

  it('steps of AdamW with layer-wise decay', () => {
    expectClose('losses', result.losses, expected.losses, nuclei ? { relative } : { absolute: 0 })
    for (const [name, at] of Object.entries(expected.weights))
      expectClose(name, sampled(result.part(name)), at, { absolute })
  })
})

/** Roots of sums over parts: Math.hypot takes only so many arguments. */
function sumsOfSquares(numbers: Float32Array): number[] {
  return [Math.sqrt(numbers.reduce((sum, v) => sum + v * v, 0))]
}

function describeCase({ config: c, labels }: OddShape): string {
  return `D ${c.width}, ${c.layers} layers, ${c.heads} heads, ${c.imageSize} px by ${c.patchSize}, ${c.positions}, RoI ${c.roiFeatures}, ${labels.length} nuclei`
}
