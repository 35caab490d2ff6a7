import { describe, expect, test } from 'vitest'
import { random, type Random } from '../../../models/nn/random.ts'
import { foldsOf } from '../../../models/statistics/blocks.ts'
import { accuracyOf, f1Of, forecast, type CurveCounts } from '../../../models/statistics/learningCurve.ts'

/** Counts of a task with two classes whose accuracy is exactly `accuracy(n)` in every block. */
function exact(sizes: number[], accuracy: (n: number) => number, blocks = 6, each = 1e6): CurveCounts {
  const counts = sizes.flatMap((n) =>
    Array.from({ length: 2 * blocks }, () => {
      const right = accuracy(n) * each
      return [right, each - right, each - right, right]
    }).flat(),
  )
  return { sizes, repeats: 2, blocks, classes: 2, counts }
}

describe('the forecast of a learning curve', () => {
  const sizes = [10, 20, 40, 80, 160]

  test('follows a known curve: a power law, and one in log n', () => {
    const power = (n: number) => 0.9 - 0.8 * n ** -0.5
    const found = forecast(exact(sizes, power), accuracyOf, { labels: 200, more: 50 })
    expect(found?.now).toBeCloseTo(power(200), 3)
    expect(found?.then.mean).toBeCloseTo(power(250), 3)
    expect(found?.gain.mean).toBeCloseTo(power(250) - power(200), 3)
    const log = (n: number) => 0.5 + 0.05 * Math.log(n)
    expect(forecast(exact(sizes, log), accuracyOf, { labels: 200, more: 50 })?.then.mean).toBeCloseTo(log(250), 3)
  })

  test('is not known with two sizes, two blocks, or a class with hardly a label', () => {
    const flat = () => 0.8
    expect(forecast(exact([80, 160], flat), accuracyOf, { labels: 200, more: 50 })).toBeNull()
    expect(forecast(exact(sizes, flat, 2), accuracyOf, { labels: 200, more: 50 })).toBeNull()
    expect(forecast(exact(sizes, flat, 6, 2), f1Of(0), { labels: 200, more: 50, ofClass: 0 })).toBeNull()
    expect(forecast(exact(sizes, flat, 6, 20), f1Of(0), { labels: 200, more: 50, ofClass: 0 })).not.toBeNull()
  })

  test('is not known where blocks contradict each other', () => {
    const counts = sizes.flatMap((_, s) =>
      Array.from({ length: 2 * 4 }, (_, k) =>
        k % 4 < 2 ? [4 + s, 4 - s, 4 - s, 4 + s] : [8 - 2 * s, 2 * s, 2 * s, 8 - 2 * s],
      ).flat(),
    )
    expect(
      forecast({ sizes, repeats: 2, blocks: 4, classes: 2, counts }, accuracyOf, { labels: 200, more: 50 }),
    ).toBeNull()
  })
})

interface Point {
  readonly x: readonly number[]
  readonly y: number
}
const classes = 3
const axes = 6

/** A simulated tissue: classes of several shapes, and blocks whose stain differs. `block()` begins a new one. */
function tissue(rng: Random, apart: number) {
  const draw = (scale: number) => Array.from({ length: axes }, () => scale * rng.normal())
  const shapes = Array.from({ length: classes }, () => {
    const middle = draw(apart)
    return Array.from({ length: 3 }, () => draw(1.2).map((v, k) => v + middle[k]))
  })
  return () => {
    const stain = draw(0.3)
    return (): Point => {
      const u = rng.next()
      const y = u < 0.6 ? 0 : u < 0.9 ? 1 : 2
      const shape = shapes[y][rng.below(3)]
      return { y, x: shape.map((v, k) => v + stain[k] + rng.normal()) }
    }
  }
}

/** A classifier that learns slowly enough to have a curve: the class of most of the three nearest points. */
function call(train: readonly Point[], { x }: Point): number {
  const nearest: { d: number; y: number }[] = []
  for (const one of train) {
    let d = 0
    for (let k = 0; k < axes; k++) d += (one.x[k] - x[k]) ** 2
    if (nearest.length === 3 && d >= nearest[2].d) continue
    nearest.push({ d, y: one.y })
    nearest.sort((a, b) => a.d - b.d)
    nearest.length = Math.min(3, nearest.length)
  }
  const votes = new Float64Array(classes)
  nearest.forEach(({ y }, k) => (votes[y] += 1 - k / 100))
  return votes.indexOf(Math.max(...votes))
}

const accuracy = (train: readonly Point[], test: readonly Point[]) =>
  test.filter((point) => call(train, point) === point.y).length / test.length

const runs = 50
test.each([
  [0.6, 160],
  [1, 120],
])(
  'of 50 simulated readers, what 50 more labels bring lies in its range in at least 80 % (classes %s apart, %s labels)',
  (apart, labels) => {
    const rng = random(5)
    const [blocks, repeats] = [8, 3]
    let [gains, scores, known] = [0, 0, 0]
    for (let run = 0; run < runs; run++) {
      const next = tissue(rng, apart)
      const places = Array.from({ length: blocks }, next)
      const given = places.flatMap((draw, block) =>
        Array.from({ length: labels / blocks }, () => ({ ...draw(), block })),
      )
      const fold = foldsOf(
        Uint32Array.from(given, ({ block }) => block),
        4,
      )
      const sizes = [15, 30, 60, (labels * 3) / 4]
      const counts = new Float64Array(sizes.length * repeats * blocks * classes * classes)
      for (let r = 0; r < repeats; r++)
        for (let f = 0; f < 4; f++) {
          const pool = given.filter(({ block }) => fold[block] !== f)
          const order = [...rng.permutation(pool.length)].map((k) => pool[k])
          for (const [s, size] of sizes.entries())
            for (const point of given.filter(({ block }) => fold[block] === f)) {
              const cell = ((s * repeats + r) * blocks + point.block) * classes + point.y
              counts[cell * classes + call(order.slice(0, size), point)]++
            }
        }
      const found = forecast({ sizes, repeats, blocks, classes, counts }, accuracyOf, { labels, more: 50 }, run)
      if (!found) continue
      known++
      const test = Array.from({ length: 30 }, next).flatMap((draw) => Array.from({ length: 25 }, () => draw()))
      const more = Array.from({ length: 50 }, () => places[rng.below(blocks)]())
      const [now, then] = [accuracy(given, test), accuracy([...given, ...more], test)]
      if (found.gain.low <= then - now && then - now <= found.gain.high) gains++
      if (found.then.low <= then && then <= found.then.high) scores++
    }
    expect(known).toBeGreaterThanOrEqual(runs * 0.9)
    expect(gains / known, `gain ${gains}, score ${scores} of ${known}`).toBeGreaterThanOrEqual(0.8)
    expect(scores / known, `gain ${gains}, score ${scores} of ${known}`).toBeGreaterThanOrEqual(0.8)
  },
  120_000,
)
