import { describe, expect, it } from 'vitest'
import { random } from '../../models/nn/random.ts'
import { blockwiseMask, maskedNuclei } from '../../models/train/masking.ts'

const count = (mask: Uint8Array) => mask.reduce((n, m) => n + m, 0)

describe('blockwise masking', () => {
  it('masks about two fifths of the patches, and never more', () => {
    const rng = random(1)
    const counts = Array.from({ length: 200 }, () => count(blockwiseMask(28, rng)))
    expect(Math.max(...counts)).toBeLessThanOrEqual(313) // ⌊.4 · 784⌋
    expect(counts.reduce((a, b) => a + b) / counts.length).toBeGreaterThan(290)
  })

  it('masks in blocks: most neighbours of a masked patch are masked', () => {
    const rng = random(2)
    let [same, all] = [0, 0]
    for (let i = 0; i < 50; i++) {
      const mask = blockwiseMask(28, rng)
      for (let at = 0; at < mask.length - 1; at++)
        if (mask[at] && at % 28 < 27) {
          all++
          same += mask[at + 1]
        }
    }
    // Scattered patches would have .4.
    expect(same / all).toBeGreaterThan(0.8)
  })

  it('is the same for the same seed, and works on a small grid', () => {
    expect(blockwiseMask(28, random(3))).toEqual(blockwiseMask(28, random(3)))
    expect(count(blockwiseMask(4, random(3)))).toBeLessThanOrEqual(6)
  })
})

describe('a nucleus counts as masked', () => {
  const mask = Uint8Array.from({ length: 16 }, (_, i) => (i === 5 ? 1 : 0)) // row 1, column 1: pixels 16…32
  it.each([
    [[16, 16, 32, 32], true],
    [[0, 0, 17, 17], true],
    [[0, 0, 16, 16], false],
    [[32, 16, 40, 40], false],
    [[0, 20, 64, 21], true],
    [[-8, -8, 0, 0], false],
  ])('with the box %j: %s', (box, yes) => {
    expect(maskedNuclei(box, mask, 4, 16).length).toBe(yes ? 1 : 0)
  })
})
