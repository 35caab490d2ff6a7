import { describe, expect, it } from 'vitest'
import { stainPlanes, stainScaleOf } from '../../models/tokenizer/stainPlanes.ts'

/** Squares of one colour each, with a lighter half. */
const squares = (...colours: [number, number, number][]): Uint8Array =>
  Uint8Array.from(
    colours.flatMap((colour) => Array.from({ length: 64 }, (_, p) => colour.map((v) => (p % 2 ? v : v + 20))).flat()),
  )
const pale = squares([190, 150, 200])
const dark = squares([90, 50, 120])

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length

describe('stain planes', () => {
  it('do not depend on how dark a picture is where its mean is subtracted', () => {
    const own = stainPlanes(Uint8Array.from([...pale, ...dark]), 8, 2)
    for (const picture of [0, 1]) expect(mean(own.subarray(128 * picture, 128 * picture + 64))).toBeCloseTo(0, 4)
  })
  it('show the darkness of all pictures on one scale otherwise', () => {
    const both = Uint8Array.from([...pale, ...dark])
    const scale = stainScaleOf(both)
    const planes = stainPlanes(both, 8, 2, scale)
    const [light, heavy] = [mean(planes.subarray(0, 64)), mean(planes.subarray(128, 192))]
    expect(heavy - light).toBeGreaterThan(1)
    expect(light + heavy).toBeCloseTo(0, 4)
    // Each picture is as it would be alone: the scale does not depend on what it is tokenised with.
    expect([...stainPlanes(dark, 8, 1, scale)]).toEqual([...planes.subarray(128)])
  })
})
