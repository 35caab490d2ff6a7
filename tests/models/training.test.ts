import { describe, expect, it } from 'vitest'
import { random } from '../../models/nn/random.ts'
import { adamWState, adamWStep, clipGradients, decays } from '../../models/train/adamW.ts'
import { cropAt, jitterColour } from '../../models/train/augment.ts'
import { targets } from '../../models/train/loss.ts'
import { warmupCosine } from '../../models/train/schedule.ts'

describe('AdamW', () => {
  const group = [{ offset: 0, size: 1, rateScale: 1, decay: true }]
  it('takes a first step as large as the learning rate, whatever the gradient', () => {
    for (const g of [1e-3, 1, 50]) {
      const values = Float32Array.of(1)
      adamWStep(values, Float32Array.of(g), adamWState(1), group, 0.1, { weightDecay: 0 })
      expect(values[0]).toBeCloseTo(0.9, 4)
    }
  })
  it('decays weights independently of the gradient', () => {
    const values = Float32Array.of(2)
    adamWStep(values, Float32Array.of(0), adamWState(1), group, 0.1, { weightDecay: 0.5 })
    expect(values[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5), 6)
  })
  it('leaves biases, norms, tokens and positions without decay', () => {
    expect(decays('blocks.0.attn.qkv.weight', [6, 2])).toBe(true)
    for (const [name, shape] of [
      ['norm.weight', [4]],
      ['head.bias', [4]],
      ['cls_token', [1, 1, 4]],
      ['cls_pos_embed', [1, 1, 4]],
      ['blocks.0.attn.q_bias', [4]],
    ] as const)
      expect(decays(name, shape), name).toBe(false)
  })
  it('changes only the parameters in its groups', () => {
    const values = Float32Array.of(1, 1)
    adamWStep(values, Float32Array.of(1, 1), adamWState(2), [{ offset: 1, size: 1, rateScale: 1, decay: true }], 0.1)
    expect(values[0]).toBe(1)
    expect(values[1]).toBeLessThan(1)
  })
  it('clips the global norm of the gradients and reports it', () => {
    const gradients = Float32Array.of(3, 4)
    const groups = [{ offset: 0, size: 2, rateScale: 1, decay: false }]
    expect(clipGradients(gradients, groups, 1)).toBeCloseTo(5)
    expect(Math.hypot(...gradients)).toBeCloseTo(1)
    expect(clipGradients(gradients, groups, 2)).toBeCloseTo(1)
    expect(Math.hypot(...gradients)).toBeCloseTo(1)
  })
})

describe('the learning rate', () => {
  it('rises over the warm-up, peaks and then falls', () => {
    const rate = (step: number) => warmupCosine(step, 100, 10, 1, 0.1)
    expect(rate(0)).toBeCloseTo(0.1)
    expect(rate(9)).toBeCloseTo(1)
    expect(rate(55)).toBeCloseTo(0.55, 2)
    expect(rate(100)).toBeCloseTo(0.1)
  })
})

describe('targets of the loss', () => {
  it('ignore unlabelled nuclei and sum to one over the labelled ones', () => {
    const rows = targets([0, -1, 1], 2, { classes: 2, smoothing: 0.2 })
    expect([...rows]).toEqual([0.45, 0.05, 0, 0, 0.05, 0.45].map((v) => expect.closeTo(v, 6)))
  })
})

describe('augmentation', () => {
  /** One dark square in a light picture, off centre. */
  const square = () => {
    const [width, height] = [60, 40]
    const rgb = new Uint8Array(width * height * 3).fill(240)
    for (let y = 8; y < 16; y++)
      for (let x = 30; x < 44; x++) rgb.fill(20, 3 * (y * width + x), 3 * (y * width + x) + 3)
    return { width, height, rgb, boxes: Float32Array.of(30, 8, 44, 16) }
  }
  for (const turns of [0, 1, 2, 3])
    for (const mirror of [false, true])
      it(`moves pixels and boxes alike (${turns} quarter turns${mirror ? ', mirrored' : ''})`, () => {
        const crop = cropAt(square(), { cx: 36, cy: 14, size: 24, turns, mirror }, 48)
        const dark = (x: number, y: number) => crop.rgb[3 * (y * 48 + x)] < 128
        const [x0, y0, x1, y1] = crop.boxes
        let [left, top, right, bottom] = [48, 48, 0, 0]
        for (let y = 0; y < 48; y++)
          for (let x = 0; x < 48; x++)
            if (dark(x, y))
              [left, top, right, bottom] = [
                Math.min(left, x),
                Math.min(top, y),
                Math.max(right, x + 1),
                Math.max(bottom, y + 1),
              ]
        expect([left, top, right, bottom]).toEqual([x0, y0, x1, y1])
        expect((x1 - x0) * (y1 - y0)).toBe(28 * 16)
      })
  it('clips boxes to the crop and leaves out nuclei that are hardly visible', () => {
    const image = { ...square(), boxes: Float32Array.of(0, 0, 20, 20, 18, 18, 60, 40) }
    const crop = cropAt(image, { cx: 10, cy: 10, size: 20, turns: 0, mirror: false }, 20)
    expect([...crop.index]).toEqual([0])
    expect([...crop.boxes]).toEqual([0, 0, 20, 20])
  })
  it('is white outside the image', () => {
    const crop = cropAt(square(), { cx: 0, cy: 0, size: 20, turns: 0, mirror: false }, 20)
    expect(crop.rgb[0]).toBe(255)
    expect(crop.rgb[3 * (19 * 20 + 19)]).toBe(240)
  })
  it('samples bilinearly within 1/255 of exact arithmetic, however it is turned', () => {
    const [width, height] = [70, 90]
    const rng = random(5)
    const rgb = Uint8Array.from({ length: width * height * 3 }, () => rng.below(256))
    const clamp = (at: number, length: number) => Math.min(Math.max(at, 0), length - 1)
    const exactly = (x: number, y: number, c: number) => {
      const [x0, y0] = [Math.floor(clamp(x, width)), Math.floor(clamp(y, height))]
      const [fx, fy] = [clamp(x, width) - x0, clamp(y, height) - y0]
      const pixel = (i: number, j: number) => rgb[3 * (clamp(j, height) * width + clamp(i, width)) + c]
      const row = (j: number) => (1 - fx) * pixel(x0, j) + fx * pixel(x0 + 1, j)
      return (1 - fy) * row(y0) + fy * row(y0 + 1)
    }
    // x by u, x by v, y by u, y by v
    const turned = [
      [1, 0, 0, 1],
      [0, 1, -1, 0],
      [-1, 0, 0, -1],
      [0, -1, 1, 0],
    ]
    turned.forEach(([ux, vx, uy, vy], turns) => {
      const crop = cropAt(
        { width, height, rgb, boxes: new Float32Array() },
        { cx: 33.3, cy: 44.9, size: 57.7, turns, mirror: false },
        50,
      )
      for (let v = 0; v < 50; v++)
        for (let u = 0; u < 50; u++) {
          const [s, t] = [((u + 0.5) / 50 - 0.5) * 57.7, ((v + 0.5) / 50 - 0.5) * 57.7]
          for (let c = 0; c < 3; c++) {
            const expected = exactly(33.3 + ux * s + vx * t - 0.5, 44.9 + uy * s + vy * t - 0.5, c)
            if (Math.abs(crop.rgb[3 * (v * 50 + u) + c] - expected) > 1) expect.fail(`${turns} turns: ${u}, ${v}, ${c}`)
          }
        }
    })
  })
  it('keeps colours when the jitter is zero, and depends on its seed otherwise', () => {
    const colours = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) % 256)
    const none = colours.slice()
    jitterColour(none, { stain: 0, brightness: 0, contrast: 0 }, random(1))
    none.forEach((v, i) => expect(Math.abs(v - colours[i])).toBeLessThanOrEqual(1))
    const jittered = (seed: number) => {
      const rgb = colours.slice()
      jitterColour(rgb, { stain: 0.2, brightness: 0.1, contrast: 0.1 }, random(seed))
      return [...rgb]
    }
    expect(jittered(2)).toEqual(jittered(2))
    expect(jittered(2)).not.toEqual(jittered(3))
  })
})
