import { says } from '../../support/messages.ts'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LabelledSlide, type Nuclei } from '../../../electron/contract/index.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { writeColourSlide } from '../../support/colourSlide.ts'
import { writeSmallModel, writeTrainedSmallModel } from '../../support/smallModel.ts'
import { attentionMap } from '../../../models/nucleusVit/attentionMap.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'

/** The real engine on encoders that are not trained further: probe, map, attention. */
const engine = connectEngine()
const folder = temporaryFolder()
const mpp = 0.5
const none = nucleiFromOutlines([], 'imported')
const failure = (kind: string, text: string) => ({
  failure: { kind, message: says(text) },
})
let slide: string
let nuclei: Nuclei
let truth: Uint16Array
let taught: string
/** An encoder that was pre-trained: no classes, no head. */
let headless: string

beforeAll(async () => {
  ;({ slide, nuclei, truth } = await writeColourSlide(folder))
  taught = await writeTrainedSmallModel(join(folder, 'taught'))
  headless = await writeSmallModel(join(folder, 'headless'), [])
})
afterAll(() => engine.close())

const labelled = (label: Uint16Array = truth): LabelledSlide => ({
  slide,
  mpp,
  nuclei,
  index: Uint32Array.from(label.keys()),
  label,
})

describe('a linear probe', () => {
  const probe = (model: string, train: LabelledSlide[], seeds = [1]) =>
    engine.call('probe', { model, classes: ['purple', 'red'], train, test: [labelled()], seeds })
  const right = (predicted: Uint16Array) => predicted.filter((c, i) => c === truth[i]).length / truth.length

  it('separates classes that are separate in the tokens, whatever the model’s own head says', async () => {
    const { runs, labelled: learned } = await probe(taught, [labelled(), labelled()])
    expect(learned).toBe(2 * nuclei.count)
    expect(right(runs[0].predicted[0])).toBeGreaterThan(0.95)
    expect(runs[0].leftOutAccuracy).toBeGreaterThan(0.95)
  })
  it('learns nothing from random labels, as the left-out slides show', async () => {
    // The same nuclei with the opposite label: no layer can be right on more than half of both.
    const turned = Uint16Array.from(truth, (c) => 1 - c)
    const { runs } = await probe(taught, [labelled(), labelled(turned)])
    expect(runs[0].leftOutAccuracy).toBeLessThan(0.2)
  })
  it('works on an encoder without classes and on random weights, which depend on the seed', async () => {
    expect((await probe(headless, [labelled()])).runs[0].predicted[0]).toHaveLength(nuclei.count)
    const { runs } = await probe('preset:tiny-fine', [labelled()], [1, 2])
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2])
    expect(runs[0].predicted[0]).toHaveLength(nuclei.count)
  })
  it('gives the same result for the same seed', async () => {
    const [a, b] = [await probe(taught, [labelled(), labelled()]), await probe(taught, [labelled(), labelled()])]
    expect(a.runs).toEqual(b.runs)
  })
  it('learns from a single slide, and says that none was left out', async () =>
    expect((await probe(taught, [labelled()])).runs[0].leftOutAccuracy).toBeNull())
  it('is refused without nuclei, without labels, and for a preset that is not there', async () => {
    await expect(probe(taught, [])).rejects.toMatchObject(failure('empty', 'needs nuclei'))
    const unlabelled = { ...labelled(), index: new Uint32Array(0), label: new Uint16Array(0) }
    await expect(probe(taught, [unlabelled])).rejects.toMatchObject(failure('empty', 'labelled nuclei'))
    await expect(probe('preset:huge', [labelled()])).rejects.toMatchObject(failure('invalid-input', 'preset'))
  })
})

describe('a map of nuclei', () => {
  const embed = (change: object = {}) =>
    engine.call('embed', { model: taught, slides: [{ slide, mpp, nuclei }], landmarks: 5000, seed: 1, ...change })

  it('places nuclei of one class near each other, on one slide or several', async () => {
    const { places, landmarks } = await embed({
      slides: [
        { slide, mpp, nuclei },
        { slide, mpp, nuclei: none },
      ],
    })
    expect(landmarks).toHaveLength(nuclei.count)
    const near = Array.from({ length: nuclei.count }, (_, i) => {
      let [nearest, least] = [-1, Infinity]
      for (let j = 0; j < nuclei.count; j++) {
        const d = Math.hypot(places[2 * i] - places[2 * j], places[2 * i + 1] - places[2 * j + 1])
        if (j !== i && d < least) [nearest, least] = [j, d]
      }
      return truth[nearest] === truth[i]
    })
    expect(near.filter(Boolean).length / nuclei.count).toBeGreaterThan(0.9)
  })
  it('leaves a token cache for the next map, and makes a damaged cache again', async () => {
    const tokens = join(folder, 'cache', 'map')
    const slides = [{ slide, mpp, nuclei, tokens }]
    const fresh = await embed({ slides })
    expect(existsSync(tokens)).toBe(true)
    const kept = await readFile(tokens)
    await embed({ slides })
    expect((await readFile(tokens)).equals(kept)).toBe(true)
    await writeFile(tokens, 'damaged')
    expect((await embed({ slides })).places).toEqual(fresh.places)
  })
  it('of one nucleus is one point, and of no nuclei is refused', async () => {
    const one = nucleiFromOutlines([[20, 20, 40, 20, 40, 40, 20, 40]], 'imported')
    expect((await embed({ slides: [{ slide, mpp, nuclei: one }] })).places).toHaveLength(2)
    await expect(embed({ slides: [{ slide, mpp, nuclei: none }] })).rejects.toMatchObject(failure('empty', 'no'))
  })
  it('can be cancelled', async () => {
    const stop = new AbortController()
    const params = { model: taught, slides: [{ slide, mpp, nuclei }], landmarks: 5000, seed: 1 }
    const call = engine.call('embed', params, { signal: stop.signal, onProgress: () => stop.abort() })
    await expect(call).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })
})

describe('attention', () => {
  const of = (nucleus: number, model = headless) => engine.call('attention', { model, slide, mpp, nuclei, nucleus })

  it('sums to one over the tokens of the crop, for each attention head and for the rollout', async () => {
    const { rows, heads, grid, crop } = await of(7)
    const tokens = rows.length / 2 / (heads + 1)
    expect(tokens).toBeGreaterThan(1 + grid * grid)
    for (let row = 0; row < rows.length; row += tokens)
      expect(rows.subarray(row, row + tokens).reduce((sum, v) => sum + v, 0)).toBeCloseTo(1, 4)
    const [x0, y0] = nuclei.box.subarray(28, 30)
    expect(x0 + nuclei.origin[0]).toBeGreaterThanOrEqual(crop.x)
    expect(y0 + nuclei.origin[1]).toBeLessThan(crop.y + crop.height)
  })
  it('differs between a nucleus, [CLS] and another nucleus of the same crop', async () => {
    const [a, b] = [await of(7), await of(8)]
    expect(attentionMap(a, 'nucleus', 'mean')).not.toEqual(attentionMap(a, 'cls', 'mean'))
    expect(attentionMap(a, 'nucleus', 'mean')).not.toEqual(attentionMap(b, 'nucleus', 'mean'))
  })
  it('of a nucleus that is not there is refused', () =>
    expect(of(nuclei.count)).rejects.toMatchObject(failure('not-found', 'no nucleus')))
})

it('a model without classes refuses to classify, with a sentence', () =>
  expect(engine.call('classify', { slide, mpp, nuclei, model: headless })).rejects.toMatchObject(
    failure('invalid-input', 'no classes yet'),
  ))
