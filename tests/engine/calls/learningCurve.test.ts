import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { LabelledSlide } from '../../../electron/contract/index.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { accuracyOf } from '../../../models/statistics/learningCurve.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { writeColourSlide } from '../../support/colourSlide.ts'
import { says } from '../../support/messages.ts'
import { writeTrainedSmallModel } from '../../support/smallModel.ts'

const engine = connectEngine()
const folder = temporaryFolder()
afterAll(() => engine.close())

describe('the learning curve of the last layer', () => {
  it('judges every label once per size and repeat, by heads that did not learn from its block, from cached tokens', async () => {
    const { slide, nuclei, truth } = await writeColourSlide(folder)
    const model = await writeTrainedSmallModel(join(folder, 'taught'))
    const tokens = join(folder, 'tokens')
    const labelled: LabelledSlide = {
      slide,
      mpp: 0.5,
      nuclei,
      tokens,
      index: Uint32Array.from(truth.keys()),
      label: truth,
    }
    const call = (label: Uint16Array) =>
      engine.call('learningCurve', { model, classes: ['purple', 'red'], slides: [{ ...labelled, label }], seed: 1 })
    await expect(call(truth)).rejects.toMatchObject({
      failure: { kind: 'empty', message: says('has not classified the labelled slides yet') },
    })
    await engine.call('classify', { slide, mpp: 0.5, nuclei, model, tokens })
    const { curve, labels, without } = await call(truth)
    expect({ labels, without }).toEqual({ labels: truth.length, without: 0 })
    expect(curve.blocks).toBeGreaterThanOrEqual(4)
    expect([...curve.sizes]).toEqual([...curve.sizes].sort((a, b) => a - b))
    expect(curve.sizes.at(-1)).toBeLessThan(truth.length)
    const perSize = curve.repeats * curve.blocks * 4
    for (let s = 0; s < curve.sizes.length; s++) {
      const own = Array.from(curve.counts).slice(s * perSize, (s + 1) * perSize)
      expect(own.reduce((a, b) => a + b, 0)).toBe(curve.repeats * truth.length)
    }
    const last = new Float64Array(4)
    for (let k = 0; k < perSize; k++) last[k % 4] += curve.counts[(curve.sizes.length - 1) * perSize + k]
    expect(accuracyOf(last, 2)).toBeGreaterThan(0.95)
    // Labels that follow nothing cannot be learned: what is held out is right by chance.
    const random = Uint16Array.from(truth, (_, i) => ((i * 7919) % 13 < 6 ? 1 : 0))
    const chance = await call(random)
    const sum = new Float64Array(4)
    for (let k = 0; k < perSize; k++) sum[k % 4] += chance.curve.counts[(chance.curve.sizes.length - 1) * perSize + k]
    expect(accuracyOf(sum, 2)).toBeLessThan(0.75)
    expect(await call(random)).toMatchObject({ curve: chance.curve })
  }, 120_000)
})
