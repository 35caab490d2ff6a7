import { describe, expect, it } from 'vitest'
import { blockwisePass } from '../../../electron/engine/train/checkpointedPass.ts'
import { denseOf, numbersOf, type TrainingFeeds } from '../../../electron/engine/train/gradientPass.ts'
import { replayExcludedOf } from '../../../electron/engine/head/replay.ts'
import { encoderOf } from '../../../electron/engine/encode/encoder.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { trainable, loraOfRank, type Method } from '../../../electron/engine/train/trainable.ts'
import { wholePass, wholeSession } from '../../../electron/engine/train/wholePass.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { excludedClasses, targets } from '../../../models/train/loss.ts'
import { smallConfig } from '../../support/colourNuclei.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'

const config = { ...smallConfig, layers: 3 }
const classes = 3
const methods: Method[] = [{ kind: 'head' }, { kind: 'lora', lora: loraOfRank(2) }, { kind: 'full' }]

/** A network with weights away from their start, where LoRA's B and many gradients would be zero. */
function setting(method: Method) {
  const rng = random(7)
  const layout = classifierLayout(config, classes)
  const model = { layout, values: initialise(layout, rng, config).map((v) => 3 * v + 0.02 * rng.normal()) }
  const trained = trainable(method, model, rng)
  if (method.kind === 'lora')
    for (const { name } of trained.layout.slots)
      if (name.endsWith('lora_b')) weightsOf(trained, name).forEach((_, i, b) => (b[i] = 0.1 * rng.normal()))
  const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
  const feeds: TrainingFeeds = {
    ...cropEncoder(config).encode(rgb, [2, 3, 19, 17, 14, 9, 31, 28, 30, 30, 60, 50]),
    // Drop path: the second block's attention is dropped.
    branch_scale: Float32Array.of(1, 1.25, 0, 1.1, 0.9, 1),
    targets: targets([2, 0, -1], 2, { classes, known: [0, 2] }),
    excluded: excludedClasses(classes, [0, 2]),
    replay_tokens: Float32Array.from({ length: 2 * config.width }, () => rng.normal()),
    replay_targets: targets([1, 2], 2, { classes, known: [1, 2] }),
    replay_excluded: replayExcludedOf(
      { labels: Int32Array.of(1, 2), unknown: Int32Array.of(1, 0, 0, 1, 0, 0) },
      classes,
    ),
  }
  return { options: { config, classes, model, trained }, feeds }
}

const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0))

describe('the gradient of the checkpointed pass', () => {
  for (const method of methods)
    it(`equals that of the whole graph (${method.kind})`, async () => {
      const { options, feeds } = setting(method)
      const { size, slots } = options.trained.layout
      const [a, b] = [new Float32Array(size), new Float32Array(size)]
      const whole = await (await wholePass(options)).run(feeds, a, false)
      const blockwise = await (await blockwisePass(options)).run(feeds, b, false)
      expect(blockwise).toBeCloseTo(whole, 5)
      // Forward alone runs onnxruntime's fused attention, which adds in another order: float32 rounding, which shows
      // most where a gradient is what is left of larger numbers (a query's bias).
      expect(length(a.map((v, i) => v - b[i])) / length(a)).toBeLessThan(1e-6)
      for (const { name, offset, size } of slots) {
        const [x, y] = [a, b].map((values) => values.subarray(offset, offset + size))
        const largest = x.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
        const off = x.reduce((m, v, i) => Math.max(m, Math.abs(v - y[i])), 0)
        const isDropped = /^blocks\.1\.(norm1|attn)\./.test(name)
        expect(largest > 0, name).toBe(!isDropped)
        expect(off, name).toBeLessThanOrEqual(1e-5 * largest)
      }
    })

  for (const makePass of [wholePass, blockwisePass])
    it(`is added to the existing gradient on request (${makePass.name})`, async () => {
      const { options, feeds } = setting({ kind: 'full' })
      const pass = await makePass(options)
      const gradient = new Float32Array(options.trained.layout.size).fill(NaN)
      await pass.run(feeds, gradient, false)
      const once = gradient.slice()
      await pass.run(feeds, gradient, true)
      gradient.forEach((v, i) => expect(v).toBe(2 * once[i]))
    })
})

describe('a method', () => {
  it('has gradients only for the parameters it trains', async () => {
    for (const method of methods) {
      const { options, feeds } = setting(method)
      const { parameters, run } = await wholeSession(options)
      const weights = parameters.map(({ name }) => {
        const from = options.trained.layout.slots.some((slot) => slot.name === name) ? options.trained : options.model
        return [name, weightsOf(from, name)] as const
      })
      const outputs = Object.keys(await run({ ...Object.fromEntries(weights), ...feeds }))
      const expected = options.trained.layout.slots.map(({ name }) => `out ${name}`)
      expect(outputs.sort()).toEqual(['loss', ...expected].sort())
    }
    const names = setting(methods[1]).options.trained.layout.slots.map(({ name }) => name)
    expect(names.filter((name) => !name.startsWith('head.')).length).toBe(config.layers * 4)
  })

  it('LoRA, once merged, gives the logits of the network with its updates', async () => {
    const { options, feeds } = setting({ kind: 'lora', lora: loraOfRank(3) })
    const { model, trained } = options
    const before = model.values.slice()
    const { image, roi, patch_positions, nucleus_positions } = feeds
    const crop = { image, roi, patch_positions, nucleus_positions }
    const graph = new Graph()
    const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config), { dense: denseOf(trained.method) })
    const adapted = await graphSession(graph, { logits: classHead(nuclei, classes) })
    const weights = adapted.parameters.map(({ name }) => [name, numbersOf(options, name)] as const)
    const expected = (await adapted.run({ ...Object.fromEntries(weights), ...crop })).logits.data as Float32Array
    trained.finish()
    const changed = model.layout.slots.filter(({ offset, size }) =>
      model.values.subarray(offset, offset + size).some((v, i) => v !== before[offset + i]),
    )
    expect(changed.map(({ name }) => name)).toEqual(
      model.layout.slots.map(({ name }) => name).filter((name) => /attn\.(qkv|proj)\.weight$/.test(name)),
    )
    const network = { config, classes: ['a', 'b', 'c'], ...model }
    const { logits } = await (await encoderOf(network)).run(crop)
    const unmerged = await (await encoderOf({ ...network, values: before })).run(crop)
    logits.forEach((v, i) => expect(v).toBeCloseTo(expected[i], 5))
    expect(Math.max(...logits.map((v, i) => Math.abs(v - unmerged.logits[i])))).toBeGreaterThan(1e-3)
  })
})
