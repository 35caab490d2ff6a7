import { describe, expect, test } from 'vitest'
import { resampling, type Span } from '../../../electron/slides/read/resample.ts'
import { random } from '../../../models/nn/random.ts'

/** The triangle filter in double precision: output o of one channel of one line, white outside. */
function exactly(line: (i: number) => number, { start, extent, outSize, size }: Span, o: number): number {
  const scale = extent / outSize
  const reach = Math.max(1, scale)
  const centre = start + (o + 0.5) * scale
  let [sum, total] = [0, 0]
  for (let i = Math.floor(centre - reach) - 1; i <= centre + reach + 1; i++) {
    const weight = Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach)
    sum += weight * (i >= 0 && i < size ? line(i) : 255)
    total += weight
  }
  return sum / total
}

const size = 90
const colours = {
  noise: (() => {
    const rng = random(4)
    return Uint8Array.from({ length: size * size * 3 }, () => rng.below(256))
  })(),
  'black and white': Uint8Array.from({ length: size * size * 3 }, (_, i) => 255 * ((i * 2654435761) & 1)),
  white: new Uint8Array(size * size * 3).fill(255),
}

describe('integer resampling', () => {
  test.each([
    ['shrinks by 1.25', { start: 10.3, extent: 60, outSize: 48 }],
    ['shrinks by 1.9', { start: 3, extent: 80.75, outSize: 43 }],
    ['shrinks by 5', { start: 0.5, extent: 85, outSize: 17 }],
    ['enlarges', { start: 20.2, extent: 11.1, outSize: 40 }],
    ['sticks out', { start: -12.5, extent: 120, outSize: 70 }],
    ['takes a pixel', { start: 44, extent: 1, outSize: 3 }],
  ])('is within 1/255 of exact arithmetic where it %s', (_, part) => {
    const span = { ...part, size }
    const { window, run } = resampling(span, span)
    for (const [name, picture] of Object.entries(colours)) {
      const cut = new Uint8Array(window.stride * window.height)
      for (let y = 0; y < window.height; y++) {
        const from = ((window.y + y) * size + window.x) * 3
        cut.set(picture.subarray(from, from + window.width * 3), y * window.stride)
      }
      const got = run(cut)
      let worst = 0
      for (let v = 0; v < span.outSize; v++)
        for (let u = 0; u < span.outSize; u++)
          for (let c = 0; c < 3; c++) {
            const row = (y: number) => exactly((x) => picture[(y * size + x) * 3 + c], span, u)
            const difference = got[(v * span.outSize + u) * 3 + c] - exactly(row, span, v)
            worst = Math.max(worst, Math.abs(difference))
          }
      expect(worst, name).toBeLessThanOrEqual(name === 'white' ? 1e-9 : 1)
    }
  })
})
