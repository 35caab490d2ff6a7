import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cropsOfImages } from '../../../electron/engine/crops/cropSampler.ts'
import { lanesFor } from '../../../electron/engine/runtime/lanes.ts'
import type { GraphSession } from '../../../electron/engine/runtime/session.ts'
import type { TrainingFeeds } from '../../../electron/engine/train/gradientPass.ts'
import { lossesOf, sessionPass } from '../../../electron/engine/train/sessionPass.ts'
import { loraOfRank, trainable, type Method } from '../../../electron/engine/train/trainable.ts'
import { feeding, trainNetwork, type FullTraining } from '../../../electron/engine/train/trainNetwork.ts'
import { wholePass } from '../../../electron/engine/train/wholePass.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { colourNuclei, smallConfig as config } from '../../support/colourNuclei.ts'
import { quickRecipe } from '../../support/smallModel.ts'

const recipe = { ...quickRecipe, epochs: 3, cropsPerStep: 5, average: 0.9, dropPath: 0.2 }
const classes = 2
const layout = classifierLayout(config, classes)

beforeAll(() => {
  // One thread for each session, in a lane or not: onnxruntime rounds differently with another number of threads.
  vi.stubEnv('KARYON_THREADS', '1')
  vi.stubEnv('KARYON_PROVIDER', 'cpu')
})
afterAll(() => vi.unstubAllEnvs())

async function train(lanes: number, change: Partial<FullTraining> = {}) {
  const rng = random(3)
  const values = initialise(layout, rng, config)
  const steps: number[] = []
  const outcome = await trainNetwork({
    ...{ config, classes, layout, values, recipe, random: rng, execution: { kind: 'whole', lanes } },
    crops: cropsOfImages(colourNuclei(4), { config, classes, recipe, seed: 3 }),
    onCrop: ({ step }) => Promise.resolve(void steps.push(step)),
    ...change,
  })
  return { outcome, steps, hash: createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex') }
}

describe('training in two lanes', () => {
  it('gives the same weights and losses as in one, and reports every crop in order', async () => {
    expect(await train(2)).toEqual(await train(1))
  })

  it('does so for low-rank updates, most of whose weights do not change', async () => {
    const method: Method = { kind: 'lora', lora: loraOfRank(2) }
    expect(await train(2, { method })).toEqual(await train(1, { method }))
  })

  it('resumes from a checkpoint to the same weights', async () => {
    const checkpoint = { path: join(temporaryFolder(), 'run.checkpoint'), key: 'lanes', everySeconds: 0 }
    const onCrop = ({ step }: { step: number }) =>
      step > 2.5 ? Promise.reject(new Error('killed')) : Promise.resolve()
    await expect(train(2, { checkpoint, onCrop })).rejects.toThrow('killed')
    const resumed = await train(2, { checkpoint })
    expect(resumed.steps[0]).toBeGreaterThan(2)
    expect(resumed.hash).toBe((await train(1)).hash)
  })
})

it('a crop that fails in a lane gives the same error as without lanes, and the lane goes on working', async () => {
  const model = { layout, values: initialise(layout, random(2), config) }
  const trained = trainable({ kind: 'full' }, model, random(3))
  const crops = cropsOfImages(colourNuclei(2), { config, classes, recipe, seed: 1 })
  const feeds: TrainingFeeds[] = []
  for await (const one of feeding({ config, classes, crops, recipe, random: random(1) }).draw(0)) feeds.push(one)
  const results = []
  for (const lanes of [1, 2]) {
    const pass = await wholePass({ config, classes, model, trained, lanes })
    const gradient = new Float32Array(trained.layout.size)
    const broken = [feeds[0], { ...feeds[1], image: feeds[1].image.subarray(1) }, feeds[2]]
    const seen: unknown[] = []
    try {
      for await (const loss of lossesOf(pass, broken, gradient)) seen.push(loss)
    } catch (error) {
      seen.push((error as Error).message)
    }
    results.push([...seen, await pass.run(feeds[3], gradient, false), gradient])
  }
  expect(results[0][1]).toMatch(/^"image" of shape .+ cannot hold/)
  expect(results[1]).toEqual(results[0])
})

it('gradients are added in the order of the crops, not in the order in which lanes finish', async () => {
  const trained = { layout: layoutOf([{ name: 'w', shape: [1] }]), values: Float32Array.of(0) }
  const waiting: (() => void)[] = []
  const session: Pick<GraphSession, 'parameters' | 'run'> = {
    parameters: [],
    async run({ value }, into) {
      await new Promise<void>((resolve) => waiting.push(resolve))
      into!['out w'].set(value as Float32Array & BigInt64Array)
      return { loss: { data: value, dims: [] } }
    },
  }
  const pass = sessionPass<{ value: Float32Array }>(session as GraphSession, { trained }, { lanes: 2 })
  // In float32, 1 + 2²⁵ − 2²⁵ is 0, and only in this order.
  const gradient = Float32Array.of(0)
  const runs = [1, 2 ** 25, -(2 ** 25)].map((v, i) => pass.run({ value: Float32Array.of(v) }, gradient, i > 0))
  for (const finish of waiting.reverse()) {
    finish()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(await Promise.all(runs)).toEqual([1, 2 ** 25, -(2 ** 25)])
  expect(gradient[0]).toBe(0)
})

it('two lanes are used where at least two threads are allowed', async () => {
  expect([await lanesFor(1), await lanesFor(2), await lanesFor(8)]).toEqual([1, 2, 2])
})
