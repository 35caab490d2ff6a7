import * as ort from 'onnxruntime-node'
import { describe, expect, it, test } from 'vitest'
import { probabilityRows } from '../../../models/train/scaling.ts'
import { flatten, weightFeeds } from '../../../electron/engine/encode/encoder.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { presets, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { exportedModel } from '../../../models/nucleusVit/exported.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'

const classes = 3
// inside, zero wide, outside, over the border, everything
const boxes = Float32Array.of(100, 29.5, 148, 81, 10.5, 20, 10.5, 30, -20, -20, -5, -3, 430, 3, 470, 40, 0, 0, 112, 112)

describe('an exported model gives the engine’s results from raw pixels and boxes', () => {
  const forms = [
    { positions: 'published', roiFeatures: 'after-positions', patchSize: 16 },
    { positions: 'paper', roiFeatures: 'before-positions', patchSize: 14 },
    { positions: 'geometric', roiFeatures: 'before-positions', patchSize: 8, nucleiOnPatches: true, nearness: true },
    { positions: 'published', roiFeatures: 'before-positions', patchSize: 16, stem: 'efficientnet-lite0' },
  ] as const
  it.each(forms)('$positions positions, $roiFeatures, patches of $patchSize px', async (form) => {
    const config: NucleusVitConfig = { ...presets.tiny, width: 32, layers: 2, heads: 2, imageSize: 112, ...form }
    const layout = classifierLayout(config, classes)
    const rng = random(3)
    const values = config.stem
      ? initialise(layout, rng, config)
      : Float32Array.from({ length: layout.size }, () => rng.between(-0.2, 0.2))
    const rgb = Uint8Array.from({ length: 112 * 112 * 3 }, () => rng.below(256))

    const graph = new Graph()
    const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config))
    const ours = await graphSession(graph, { tokens: nuclei, logits: classHead(nuclei, classes) })
    const expected = await ours.run({
      ...weightFeeds(layout, values, ours.parameters),
      ...cropEncoder(config).encode(rgb, boxes),
    })

    const weights = new Map(layout.slots.map(({ name }) => [name, weightsOf({ layout, values }, name)]))
    const session = await ort.InferenceSession.create(exportedModel(config, classes, weights))
    expect(session.inputNames).toEqual(['image', 'boxes'])
    const { probabilities, tokens } = await session.run({
      image: new ort.Tensor('uint8', rgb, [112, 112, 3]),
      boxes: new ort.Tensor('float32', boxes, [boxes.length / 4, 4]),
    })
    expect(probabilities.dims).toEqual([5, classes])
    const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i])))
    const theirs = probabilityRows(expected.logits.data as Float32Array, classes)
    expect(worst(probabilities.data as Float32Array, theirs)).toBeLessThan(1e-5)
    expect(worst(tokens.data as Float32Array, expected.tokens.data as Float32Array)).toBeLessThan(1e-4)
  })
})

test.each([0, 0.1])('an exported model has its calibration in it (label smoothing %d)', async (smoothing) => {
  const config: NucleusVitConfig = { ...presets.tiny, width: 16, layers: 1, heads: 1, imageSize: 112 }
  const layout = classifierLayout(config, classes)
  const values = initialise(layout, random(3), config).map((v) => 5 * v)
  const weights = new Map(layout.slots.map(({ name }) => [name, weightsOf({ layout, values }, name)]))
  const scaling = { temperature: 2, bias: [0.5, 0, -1], smoothing }
  const feeds = {
    image: new ort.Tensor(
      'uint8',
      Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => i % 251),
      [112, 112, 3],
    ),
    boxes: new ort.Tensor('float32', boxes, [boxes.length / 4, 4]),
  }
  const probabilities = async (given?: typeof scaling) => {
    const session = await ort.InferenceSession.create(exportedModel(config, classes, weights, given))
    return (await session.run(feeds)).probabilities.data as Float32Array
  }
  const logits = (await probabilities()).map(Math.log)
  const wanted = probabilityRows(logits, classes, scaling)
  const found = await probabilities(scaling)
  wanted.forEach((p, k) => expect(found[k]).toBeCloseTo(p, 4))
})

describe('weights that do not fit', () => {
  const layout = classifierLayout({ ...presets.tiny, width: 16, layers: 1, heads: 1 }, 2)
  const sound = () =>
    new Map(layout.slots.map(({ name, shape, size }) => [name, { shape, data: new Float32Array(size) }]))

  it('a missing tensor is named', () => {
    const stored = sound()
    stored.delete('norm.bias')
    expect(() => flatten(layout, stored, 'm')).toThrow(/"norm.bias" of shape \[16\]; it is missing/)
  })

  it('a wrong shape is named', () => {
    const stored = sound()
    stored.set('norm.bias', { shape: [4, 4], data: new Float32Array(16) })
    expect(() => flatten(layout, stored, 'm')).toThrow(/"norm.bias" of shape \[16\]; its shape is \[4, 4\]/)
  })
})
