import { createHash } from 'node:crypto'
import { existsSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cropsOfImages, type LabelledImage } from '../../../electron/engine/crops/cropSampler.ts'
import { trainHead } from '../../../electron/engine/head/head.ts'
import { loraOfRank } from '../../../electron/engine/train/trainable.ts'
import { trainNetwork, type FullTraining } from '../../../electron/engine/train/trainNetwork.ts'
import type { Value } from '../../../models/graph/graph.ts'
import { random } from '../../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { neg } from '../../../models/ops/elementwise.ts'
import { opTable } from '../../../models/ops/op.ts'
import { targets } from '../../../models/train/loss.ts'
import { colourNuclei, smallConfig } from '../../support/colourNuclei.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { quickRecipe } from '../../support/smallModel.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'

type Change = Partial<FullTraining> & { images?: LabelledImage[] }

async function train(seed: number, { images = colourNuclei(4), ...change }: Change = {}) {
  const rng = random(seed)
  const config = change.config ?? smallConfig
  const layout = classifierLayout(config, 2)
  const values = initialise(layout, rng, config)
  const recipe = change.recipe ?? quickRecipe
  const job = {
    config,
    classes: 2,
    layout,
    values,
    crops: cropsOfImages(images, { config, classes: 2, recipe, seed }),
    recipe,
    random: rng,
    onCrop: () => Promise.resolve(),
  }
  return { ...(await trainNetwork({ ...job, ...change })), values }
}
const hash = (values: Float32Array) => createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')

describe('training the whole network', () => {
  it('learns to tell nuclei by their colour', async () => {
    const { firstLoss, lastLoss } = await train(1)
    expect(firstLoss).toBeCloseTo(Math.log(2), 1)
    expect(lastLoss).toBeLessThan(0.45)
  })

  it('gives the same weights for the same seed and different ones for another', async () => {
    const [a, b, c] = [await train(3), await train(3), await train(4)]
    expect(hash(a.values)).toBe(hash(b.values))
    expect(hash(a.values)).not.toBe(hash(c.values))
  })

  it('resumes from its checkpoint and ends with the same weights', async () => {
    const checkpoint = { path: join(temporaryFolder(), 'run.checkpoint'), key: 'job', everySeconds: 0 }
    const whole = await train(3)
    const interrupted = train(3, {
      checkpoint,
      onCrop: ({ step }) => (step > 20 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    })
    await expect(interrupted).rejects.toThrow('killed')
    const seen: number[] = []
    const resumed = await train(3, { checkpoint, onCrop: ({ step }) => Promise.resolve(void seen.push(step)) })
    expect(seen[0]).toBeGreaterThan(19)
    expect(hash(resumed.values)).toBe(hash(whole.values))
    expect(resumed.lastLoss).toBe(whole.lastLoss)
  })

  it('does not resume from another job’s checkpoint', async () => {
    const path = join(temporaryFolder(), 'run.checkpoint')
    const stop = {
      checkpoint: { path, key: 'one', everySeconds: 0 },
      onCrop: ({ step }: { step: number }) => (step > 3 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    }
    await expect(train(3, stop)).rejects.toThrow('killed')
    const seen: number[] = []
    const onCrop = ({ step }: { step: number }) => (
      seen.push(step),
      step > 1 ? Promise.reject(new Error('enough')) : Promise.resolve()
    )
    await expect(train(3, { checkpoint: { path, key: 'two' }, onCrop })).rejects.toThrow('enough')
    expect(seen[0]).toBeLessThan(1)
  })

  it('does not learn where one gradient’s sign is flipped', async () => {
    const gemm = opTable.get('gemm') as { gradient: unknown }
    const right = gemm.gradient as (g: Value, c: unknown) => Value[]
    gemm.gradient = (g: Value, c: unknown) => right(neg(g), c)
    try {
      // Another depth, so that no session kept from before serves.
      const { lastLoss } = await train(1, { config: { ...smallConfig, layers: 1 } })
      expect(lastLoss).toBeGreaterThan(0.6)
    } finally {
      gemm.gradient = right
    }
  })

  it('ends with the same weights whether the optimiser’s state is in a file or in memory, and leaves no file', async () => {
    const stateFile = join(temporaryFolder(), 'new', 'optimiser')
    const recipe = { ...quickRecipe, epochs: 3, average: 0.9 }
    const [a, b] = [await train(3, { recipe }), await train(3, { recipe, execution: { kind: 'whole', stateFile } })]
    expect(hash(a.values)).toBe(hash(b.values))
    expect(existsSync(stateFile)).toBe(false)
  })

  it('learns the same block by block as with the whole graph', async () => {
    const { firstLoss, lastLoss } = await train(1, { execution: { kind: 'blockwise' } })
    expect(firstLoss).toBeCloseTo(Math.log(2), 1)
    expect(lastLoss).toBeLessThan(0.45)
  })

  it('refuses a checkpoint that is cut short', async () => {
    const path = join(temporaryFolder(), 'run.checkpoint')
    const stop = {
      checkpoint: { path, key: 'one', everySeconds: 0 },
      onCrop: ({ step }: { step: number }) => (step > 3 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    }
    await expect(train(3, stop)).rejects.toThrow('killed')
    truncateSync(path, statSync(path).size - 5)
    await expect(train(3, stop)).rejects.toThrow('must be a whole checkpoint, but it is cut short')
  })

  it('stops at a weight that is NaN and names the step and the tensor', async () => {
    const layout = classifierLayout(smallConfig, 2)
    const poisoned = train(1, { values: new Float32Array(layout.size).fill(NaN) })
    await expect(poisoned).rejects.toThrow(/at step 1 the gradient of ".+" has NaN/)
  })
})

describe('low-rank updates', () => {
  /** A network that tells the colours apart, for updates adapt what is known. */
  let known: Float32Array
  beforeAll(async () => void ({ values: known } = await train(1)))
  const turned = colourNuclei(4).map((image) => ({ ...image, labels: image.labels.map((label) => 1 - label) }))
  const lora = () => ({ method: { kind: 'lora', lora: loraOfRank(4) }, images: turned, values: known.slice() }) as const

  for (const kind of ['whole', 'blockwise'] as const)
    it(`learn, and change only the attention projections and the head (${kind})`, async () => {
      const job = lora()
      const { firstLoss, lastLoss } = await train(3, { ...job, execution: { kind } })
      expect(lastLoss).toBeLessThan(firstLoss / 2)
      for (const { name, offset, size } of classifierLayout(smallConfig, 2).slots) {
        const [a, b] = [known, job.values].map((v) => hash(v.slice(offset, offset + size)))
        if (/^head\.|attn\.(qkv|proj)\.weight$/.test(name)) expect(a, name).not.toBe(b)
        else expect(a, name).toBe(b)
      }
    })

  it('resume to the same weights from a checkpoint that holds only what they train', async () => {
    const recipe = { ...quickRecipe, epochs: 6, average: 0.9 }
    const checkpoint = { path: join(temporaryFolder(), 'run.checkpoint'), key: 'job', everySeconds: 0 }
    const [uninterrupted, resumed] = [lora(), lora()]
    await train(3, { ...uninterrupted, recipe })
    const onCrop = ({ step }: { step: number }) => (step > 3 ? Promise.reject(new Error('killed')) : Promise.resolve())
    await expect(train(3, { ...lora(), recipe, checkpoint, onCrop })).rejects.toThrow('killed')
    expect(statSync(checkpoint.path).size).toBeLessThan(4 * known.length)
    const seen: number[] = []
    const onward = ({ step }: { step: number }) => Promise.resolve(void seen.push(step))
    await train(3, { ...resumed, recipe, checkpoint, onCrop: onward })
    expect(seen[0]).toBeGreaterThan(2)
    expect(hash(resumed.values)).toBe(hash(uninterrupted.values))
  })
})

describe('a network with a stem', () => {
  const config: NucleusVitConfig = { ...smallConfig, roiFeatures: 'before-positions', stem: 'efficientnet-lite0' }
  const layout = classifierLayout(config, 2)
  const recipe = { ...quickRecipe, epochs: 2, stemRate: 0.3, classWeightPower: -0.25, boxJitter: 0.06 }
  const stemOf = (values: Float32Array) =>
    layout.slots.flatMap(({ name, offset, size }) =>
      name.startsWith('stem.') ? [...values.subarray(offset, offset + size)] : [],
    )
  const atStart = initialise(layout, random(1), config)

  it('trains its stem too, and not where it is frozen', async () => {
    const moved = await train(1, { config, recipe })
    expect(stemOf(moved.values)).not.toEqual(stemOf(atStart))
    const frozen = await train(1, { config, recipe, method: { kind: 'full', stem: 'frozen' } })
    expect(stemOf(frozen.values)).toEqual(stemOf(atStart))
    const { offset, size } = layout.slot('blocks.0.attn.qkv.weight')
    expect(frozen.values.subarray(offset, offset + size)).not.toEqual(atStart.subarray(offset, offset + size))
  })

  it('resumes to the same weights from a checkpoint', async () => {
    const checkpoint = { path: join(temporaryFolder(), 'run.checkpoint'), key: 'stem', everySeconds: 0 }
    const whole = await train(3, { config, recipe })
    const onCrop = ({ step }: { step: number }) => (step > 1 ? Promise.reject(new Error('killed')) : Promise.resolve())
    await expect(train(3, { config, recipe, checkpoint, onCrop })).rejects.toThrow('killed')
    const resumed = await train(3, { config, recipe, checkpoint })
    expect(hash(resumed.values)).toBe(hash(whole.values))
  })
})

describe('training the head on cached tokens', () => {
  it('finds the line between two clouds', async () => {
    const rng = random(5)
    const [n, width] = [200, 8]
    const labels = Array.from({ length: n }, () => rng.below(2))
    const tokens = Float32Array.from(
      { length: n * width },
      (_, i) => rng.normal() + (i % width === 0 ? (labels[Math.floor(i / width)] ? 3 : -3) : 0),
    )
    const weight = new Float32Array(2 * width)
    const bias = new Float32Array(2)
    const job = {
      tokens,
      targets: targets(labels, n, { classes: 2 }),
      width,
      classes: 2,
      weight,
      bias,
      steps: 300,
      rate: 0.05,
    }
    const { firstLoss, lastLoss } = await trainHead(job)
    expect(firstLoss).toBeCloseTo(Math.log(2), 5)
    expect(lastLoss).toBeLessThan(0.02)
    expect(weight[width] - weight[0]).toBeGreaterThan(0.5)
  })

  it('moves columns that learn more slowly less, and not at all at a rate of 0', async () => {
    const rng = random(6)
    const [n, width] = [60, 4]
    const labels = Array.from({ length: n }, () => rng.below(2))
    const tokens = Float32Array.from(
      { length: n * width },
      (_, i) => labels[Math.floor(i / width)] + 0.1 * rng.normal(),
    )
    const columns = async (rate: number) => {
      const weight = new Float32Array(2 * width)
      const job = {
        tokens,
        targets: targets(labels, n, { classes: 2 }),
        width,
        classes: 2,
        weight,
        bias: new Float32Array(2),
      }
      await trainHead({ ...job, steps: 20, rate: 0.01, slower: { from: 2, rate } })
      return [1, 3].map((column) => Math.abs(weight[width + column]))
    }
    expect((await columns(0))[1]).toBe(0)
    const [usual, slow] = await columns(0.25)
    expect(slow / usual).toBeCloseTo(0.25, 1)
  })

  it('converges to the optimum that thousands of steps reach', async () => {
    const rng = random(8)
    const [n, width, classes] = [600, 8, 3]
    const labels = Array.from({ length: n }, () => rng.below(classes))
    const tokens = Float32Array.from(
      { length: n * width },
      (_, i) => rng.normal() * (1 + (i % width)) + (i % width === labels[Math.floor(i / width)] ? 1 : 0),
    )
    const job = { tokens, targets: targets(labels, n, { classes }), width, classes }
    const head = () => ({ weight: new Float32Array(classes * width), bias: new Float32Array(classes) })
    const optimum = (await trainHead({ ...job, ...head(), steps: 4000, rate: 0.02 })).lastLoss
    const { lastLoss, steps } = await trainHead({ ...job, ...head(), steps: 200, rate: 0, untilConverged: true })
    expect(lastLoss).toBeLessThan(optimum * 1.001)
    expect(steps).toBeLessThan(100)
    const mine = head()
    mine.bias.set([0.3, -0.1, 0])
    await trainHead({ ...job, ...mine, steps: 200, rate: 0, untilConverged: true, keepBias: true })
    expect([...mine.bias]).toEqual([...Float32Array.of(0.3, -0.1, 0)])
  })

  it('does not change the call of a nucleus at the mean where the bias is kept', async () => {
    const [n, width] = [10, 8]
    const rng = random(6)
    const centre = Float32Array.from({ length: width }, () => 5 + rng.normal())
    const tokens = Float32Array.from({ length: n * width }, (_, i) => centre[i % width] + 0.3 * rng.normal())
    const weight = Float32Array.from({ length: 2 * width }, () => 0.1 * rng.normal())
    const bias = Float32Array.of(0.4, -0.2)
    const logits = (token: Float32Array) =>
      [0, 1].map((c) => bias[c] + token.reduce((sum, v, k) => sum + v * weight[c * width + k], 0))
    const before = logits(centre)
    const job = {
      tokens,
      targets: targets(new Uint8Array(n).fill(1), n, { classes: 2 }),
      width,
      classes: 2,
      weight,
      bias,
    }
    const { firstLoss, lastLoss } = await trainHead({ ...job, centre, keepBias: true, steps: 100, rate: 0.02 })
    expect(lastLoss).toBeLessThan(firstLoss)
    logits(centre).forEach((v, c) => expect(v).toBeCloseTo(before[c], 4))
  })
})
