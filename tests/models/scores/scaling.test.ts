import { describe, expect, test } from 'vitest'
import { abstentionBelow, abstentionOfShare } from '../../../models/metrics/calibration.ts'
import { random } from '../../../models/nn/random.ts'
import {
  crossValidatedScaling,
  fitScaling,
  probabilityRows,
  type LabelledLogits,
  type Scaling,
} from '../../../models/train/scaling.ts'

const classes = 3

/** Images whose labels are drawn by probabilities of which the logits are distorted by `distort`. */
function images(count: number, nuclei: number, distort: (z: Float32Array) => Float32Array): LabelledLogits[] {
  const rng = random(7)
  return Array.from({ length: count }, () => {
    const true_ = Float32Array.from({ length: nuclei * classes }, () => 4 * rng.between(-1, 1))
    const p = probabilityRows(true_, classes)
    const labels = Uint16Array.from({ length: nuclei }, (_, i) => {
      let left = rng.between(0, 1)
      for (let c = 0; c < classes - 1; c++) if ((left -= p[i * classes + c]) < 0) return c
      return classes - 1
    })
    return { logits: distort(true_), labels }
  })
}
const shift = [0.8, 0, -0.8]
/** Twice too sure, and with a class given too often. */
const tooSure = (z: Float32Array) => z.map((v, k) => 2 * (v - shift[k % classes]))
/** As a network says it that learned with this label smoothing. */
const smoothed = (epsilon: number) => (z: Float32Array) =>
  probabilityRows(z, classes).map((p) => Math.log((1 - epsilon) * p + epsilon / classes))

describe('a scaling', () => {
  test('finds the temperature and the bias that distorted the logits', async () => {
    const found = await fitScaling(images(4, 2000, tooSure), classes, { smoothing: 0, isBiased: true })
    expect(found.temperature).toBeCloseTo(2, 0)
    const middle = found.bias.reduce((a, b) => a + b) / classes
    found.bias.forEach((b, c) => expect(b - middle).toBeCloseTo(shift[c], 0.5))
  })
  test('undoes label smoothing: the softmax of smoothed logits is the true probability again', () => {
    const z = Float32Array.of(3, 0, -1, 0.5, 0.2, 0)
    const undone: Scaling = { temperature: 1, bias: [0, 0, 0], smoothing: 0.1 }
    const p = probabilityRows(smoothed(0.1)(z), classes, undone)
    probabilityRows(z, classes).forEach((wanted, k) => expect(p[k]).toBeCloseTo(wanted, 4))
  })
  test('stays near none where there are few labels', async () => {
    const few = [{ logits: Float32Array.of(1, 0, 0), labels: [0] }]
    const { temperature, bias } = await fitScaling(few, classes, { smoothing: 0, isBiased: true })
    expect(temperature).toBeGreaterThan(0.8)
    for (const b of bias) expect(Math.abs(b)).toBeLessThan(0.1)
  })
})

describe('cross-validation over images', () => {
  test('lowers the calibration error of left-out images, and says below which probability a fifth lies', async () => {
    const all = images(5, 800, tooSure)
    const found = await crossValidatedScaling(all, classes)
    expect(found.before).toBeGreaterThan(0.08)
    expect(found.after).toBeLessThan(0.03)
    expect(found.isBiased).toBe(true)
    expect(found.accuracyOfCertain).toBeGreaterThan(found.accuracy + 0.05)
    const confidence = all.flatMap(({ logits }) => {
      const p = probabilityRows(logits, classes, found.scaling)
      return Array.from({ length: p.length / classes }, (_, i) => Math.max(...p.subarray(3 * i, 3 * i + 3)))
    })
    expect(confidence.filter((p) => p < found.uncertainBelow).length / confidence.length).toBeCloseTo(0.2, 1)
  })
  test('undoes the label smoothing of the training only where left-out images gain by it', async () => {
    const was = await crossValidatedScaling(images(4, 2000, smoothed(0.2)), classes, 0.2)
    const wasNot = await crossValidatedScaling(
      images(4, 2000, (z) => z),
      classes,
      0.2,
    )
    expect([was.scaling.smoothing, wasNot.scaling.smoothing]).toEqual([0.2, 0])
  })
  test('scores an image with a scaling that has not seen it', async () => {
    // Each image alone could be calibrated perfectly; the other one misleads it.
    const row = [2, 0, 0]
    const logits = Float32Array.from(Array(200).fill(row).flat() as number[])
    const [right, wrong] = [0, 1].map((label) => ({ logits, labels: Array(200).fill(label) as number[] }))
    const { after } = await crossValidatedScaling([right, wrong], classes)
    expect(after).toBeGreaterThan(0.3)
  })
  test('needs two images', async () => {
    await expect(crossValidatedScaling(images(1, 10, tooSure), classes)).rejects.toThrow(RangeError)
  })
})

test('abstaining leaves the least certain nuclei undecided', () => {
  const [right, confidence] = [
    [0, 1, 1, 0, 1],
    [0.3, 0.9, 0.8, 0.6, 0.5],
  ]
  expect(abstentionOfShare(right, confidence, 0.2)).toEqual({ share: expect.closeTo(0.2) as number, accuracy: 0.75 })
  expect(abstentionBelow(right, confidence, 0.8)).toEqual({ share: expect.closeTo(0.6) as number, accuracy: 1 })
  expect(abstentionBelow(right, confidence, 0.95)).toEqual({ share: 1, accuracy: null })
})
