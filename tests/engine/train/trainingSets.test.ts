import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FinetuneParams, LabelledSlide, TrainingSet } from '../../../electron/contract/index.ts'
import { cropSampler, cropsOfImages } from '../../../electron/engine/crops/cropSampler.ts'
import { trainHead } from '../../../electron/engine/head/head.ts'
import type { TrainingFeeds } from '../../../electron/engine/train/gradientPass.ts'
import { trainable } from '../../../electron/engine/train/trainable.ts'
import { feeding, type SetLoss } from '../../../electron/engine/train/trainNetwork.ts'
import { wholePass } from '../../../electron/engine/train/wholePass.ts'
import { startingPoint } from '../../../electron/engine/train/startingPoint.ts'
import { readModelFolder, readReplay } from '../../../electron/formats/weights/modelFolder.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { excludedClasses, targets } from '../../../models/train/loss.ts'
import { colourNuclei, smallConfig as config } from '../../support/colourNuclei.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { writeColourSlide } from '../../support/colourSlide.ts'
import { quickRecipe, writeSmallModel } from '../../support/smallModel.ts'

const classes = 3
const recipe = { ...quickRecipe, labelSmoothing: 0.1, cropsPerStep: 1 }

/** The feeds of the first step, for crops of one data set, and the gradient of the whole network for them. */
async function firstStep(sets: readonly SetLoss[] | undefined) {
  const crops = cropsOfImages(colourNuclei(2), { config, classes, recipe, seed: 1 })
  const { draw } = feeding({ config, classes, sets, crops, recipe, random: random(1) })
  const feeds = (await draw(0).next()).value as TrainingFeeds
  const layout = classifierLayout(config, classes)
  const model = { layout, values: initialise(layout, random(2), config).map((v) => 3 * v) }
  const trained = trainable({ kind: 'full' }, model, random(3))
  const gradient = new Float32Array(trained.layout.size)
  const pass = await wholePass({ config, classes, model, trained })
  const loss = await pass.run(feeds, gradient, false)
  const of = (name: string) => weightsOf({ layout: trained.layout, values: gradient }, name)
  return { feeds, loss, gradient, weight: of('head.weight'), bias: of('head.bias') }
}
const row = (weight: Float32Array, c: number) => weight.subarray(c * config.width, (c + 1) * config.width)

describe('a class that a data set does not tell apart', () => {
  it('gets a gradient of exactly 0 from its nuclei, and the other classes do not', async () => {
    const { weight, bias, loss } = await firstStep([{ known: [0, 1] }])
    expect(Number.isFinite(loss)).toBe(true)
    expect([...row(weight, 2), bias[2]].every((g) => g === 0)).toBe(true)
    for (const c of [0, 1]) expect(row(weight, c).every((g) => g !== 0)).toBe(true)
    // Without the mask its logit is pushed down.
    expect((await firstStep(undefined)).bias[2]).toBeGreaterThan(0)
  })

  it('has no share of the label smoothing', () => {
    const rows = targets([1, -1], 1, { classes, smoothing: 0.2, known: [1, 2] })
    expect([...rows]).toEqual([0, 0.9, 0.1, 0, 0, 0].map((v) => expect.closeTo(v, 6)))
    expect(() => targets([0], 1, { classes, known: [1, 2] })).toThrow(/does not know/)
  })

  it('changes nothing for a data set with all classes', async () => {
    const [alone, beside] = [await firstStep(undefined), await firstStep([{}, { known: [0, 1] }])]
    expect(beside.feeds).toEqual(alone.feeds)
    expect(beside.loss).toBe(alone.loss)
    expect(beside.gradient).toEqual(alone.gradient)
  })

  it('is left alone where only the head is trained', async () => {
    const width = 4
    const tokens = Float32Array.from({ length: 20 * width }, (_, i) => Math.sin(i))
    const labels = Array.from({ length: 20 }, (_, i) => i % 2)
    const train = async (known?: number[]) => {
      const bias = new Float32Array(classes)
      const row = excludedClasses(classes, known)
      const excluded = Float32Array.from({ length: 20 * classes }, (_, k) => row[k % classes])
      const job = { tokens, targets: targets(labels, 20, { classes, known }), excluded, width, classes, bias }
      await trainHead({ ...job, weight: new Float32Array(classes * width), steps: 5, rate: 0.1 })
      return bias[2]
    }
    expect(await train([0, 1])).toBe(0)
    expect(await train()).toBeLessThan(0)
  })
})

describe('weights of classes', () => {
  it('are of each data set, and a nucleus of a small set weighs as much as one of a large set', async () => {
    const weighted = { ...recipe, labelSmoothing: 0, classWeightPower: -0.5 }
    const crops = cropsOfImages(colourNuclei(2), { config, classes, recipe: weighted, seed: 1 })
    const targetsWith = async (counts: number[]) => {
      const { draw } = feeding({ config, classes, sets: [{ counts }], crops, recipe: weighted, random: random(1) })
      return ((await draw(0).next()).value as TrainingFeeds).targets
    }
    const [small, large] = [await targetsWith([4, 1, 0]), await targetsWith([400, 100, 0])]
    large.forEach((t, k) => expect(t).toBeCloseTo(small[k], 6))
  })
})

describe('crops of several data sets', () => {
  it('come from each as often as its share says, and in each the rarer class more often than it occurs', async () => {
    const images = colourNuclei(3)
    const labels = [0, 0, 0, 0, 1].map((l) => Int16Array.of(l, l, l, l, l))
    const owned = Uint32Array.of(0, 1, 2, 3, 4)
    // Set 0: four regions of class 0 and one of class 1. Set 1: one region of class 0.
    const regions = [...labels.map((l) => ({ labels: l, set: 0 })), { labels: labels[0], set: 1 }]
    const sampler = cropSampler({
      regions: regions.map((region) => ({ ...region, owned, area: 96 ** 2 })),
      recipe,
      config,
      classes,
      seed: 1,
      shares: [1, 3],
    })
    const taken = [0, 0, 0]
    for (let k = 0; k < 600; k++) {
      const { set, labels } = await sampler.draw(k, () => Promise.resolve(images[0]))
      taken[set]++
      if (set === 0 && labels[0] === 1) taken[2]++
    }
    expect(taken[1] / 600).toBeCloseTo(0.75, 1)
    expect(taken[2] / taken[0]).toBeCloseTo(1 / 3, 1) // √1 of √4 + √1, not 1 of 5
  })
})

describe('fine-tuning on several data sets', () => {
  const engine = connectEngine()
  const folder = temporaryFolder()
  let slides: LabelledSlide[]
  let model: string
  beforeAll(async () => {
    const { slide, nuclei, truth } = await writeColourSlide(folder)
    model = await writeSmallModel(join(folder, 'small'), ['purple', 'red', 'green'])
    // Every other nucleus has no label.
    const index = Uint32Array.from(truth.keys()).filter((i) => i % 2 === 0)
    const labelled = { slide, mpp: 0.5, nuclei, index, label: Uint16Array.from(index, (i) => truth[i]) }
    slides = [labelled, { ...labelled, set: 1 }]
  })
  afterAll(() => engine.close())

  const sets: TrainingSet[] = [
    { share: 0.7, card: { data: 'one' } },
    { share: 0.3, known: [0, 1], card: { data: 'two', dots: { matched: 5 } } },
  ]
  const train = async (change: Partial<FinetuneParams> = {}) => {
    const out = join(folder, `model-${Math.random()}`)
    const fixed = { model, out, classes: ['purple', 'red', 'green'], seed: 1, epochs: 2, method: 'full' as const }
    const result = await engine.call('finetune', { ...fixed, slides, sets, ...change })
    return { ...result, json: (await readModelFolder(out)).json }
  }

  it('gives the same weights for the same seed, others for other shares, and its card lists the sources', async () => {
    const [a, b] = [await train(), await train()]
    expect(a.weightsHash).toBe(b.weightsHash)
    expect(a.json.training.sources).toEqual([
      { data: 'one', share: 0.7 },
      { data: 'two', dots: { matched: 5 }, share: 0.3 },
    ])
    const other = await train({ sets: [{ ...sets[0], share: 0.1 }, sets[1]] })
    expect(other.weightsHash).not.toBe(a.weightsHash)
  })

  it('keeps with the replayed tokens what their data set does not tell apart, also when classes change', async () => {
    const { model } = await train()
    const { labels, unknown } = (await readReplay(await readModelFolder(model)))!
    const rows = Array.from(labels, (_, i) => [...unknown!.subarray(3 * i, 3 * i + 3)].join(''))
    expect(new Set(rows)).toEqual(new Set(['000', '001']))
    const { replay } = await startingPoint({ model, classes: ['green', 'new', 'red', 'purple'] }, random(1))
    expect(replay!.labels.length).toBe(labels.length)
    const mapped = Array.from(replay!.labels, (_, i) => [...replay!.unknown!.subarray(4 * i, 4 * i + 4)].join(''))
    expect(mapped).toEqual(rows.map((row) => (row === '001' ? '1000' : '0000')))
  })

  it('of the head alone keeps apart what a data set does not know', async () => {
    const bias = async (known: number[] | undefined) => {
      const { weightsHash } = await train({ method: 'head', epochs: 5, sets: sets.map((set) => ({ ...set, known })) })
      return weightsHash
    }
    expect(await bias([0, 1])).not.toBe(await bias(undefined))
  })
})
