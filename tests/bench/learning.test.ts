import { describe, expect, test } from 'vitest'
import type { LearningBench } from '../../bench/learning/arms.ts'
import { effortOf } from '../../bench/learning/effort.ts'
import { randomForest } from '../../bench/learning/forest.ts'
import { measurements, ownWidth } from '../../models/metrics/measurements.ts'
import { learningPicture } from '../../bench/learning/picture.ts'
import { splitsOf } from '../../bench/learning/tiles.ts'
import { random } from '../../models/nn/random.ts'

describe('the random forest', () => {
  /** Two informative features among ten: class 1 inside a square, which no straight line separates. */
  const drawn = (n: number, seed: number) => {
    const rng = random(seed)
    const rows = Float64Array.from({ length: 10 * n }, () => rng.between(-1, 1))
    const inside = (i: number) => Math.max(Math.abs(rows[10 * i]), Math.abs(rows[10 * i + 1])) < 0.7
    return { rows, labels: Uint16Array.from({ length: n }, (_, i) => (inside(i) ? 1 : 0)) }
  }
  test('learns what no line separates, on rows it has not seen', () => {
    const [known, asked] = [drawn(500, 1), drawn(500, 2)]
    const forest = randomForest(known.rows, known.labels, { classes: 2, trees: 100, seed: 1 })
    const right = forest.predict(asked.rows).filter((c, i) => c === asked.labels[i]).length
    expect(right / 500).toBeGreaterThan(0.88)
  })
  test('is the same for the same seed, and says the only class there is', () => {
    const { rows, labels } = drawn(60, 3)
    const grown = () => [...randomForest(rows, labels, { classes: 2, trees: 5, seed: 4 }).predict(rows)]
    expect(grown()).toEqual(grown())
    const one = randomForest(rows, new Uint16Array(60).fill(2), { classes: 3, trees: 5, seed: 1 })
    expect(new Set(one.predict(rows))).toEqual(new Set([2]))
  })
  test('ends where equal rows have different labels', () => {
    const forest = randomForest(new Float64Array(8), [0, 1, 1, 1], { classes: 2, trees: 50, seed: 1 })
    expect([...forest.predict(new Float64Array(2))]).toEqual([1])
  })
})

test('measurements tell a dark nucleus from a pale one, and its ring from itself', () => {
  const [width, height] = [200, 60]
  const rgb = new Uint8Array(3 * width * height).fill(230)
  const square = (x: number, y: number) => [x, y, x + 12, y, x + 12, y + 12, x, y + 12]
  const outlines = [square(20, 24), square(150, 24)]
  outlines.forEach(([x, y], k) => {
    for (let v = y; v < y + 12; v++)
      for (let u = x; u < x + 12; u++) rgb.set(k === 0 ? [60, 40, 120] : [190, 170, 210], 3 * (v * width + u))
  })
  // 65 µm apart: outside each other's neighbourhood.
  const all = measurements(rgb, width, height, outlines, 0.5)
  const row = (i: number) => [...all.subarray((i * all.length) / 2, ((i + 1) * all.length) / 2)]
  expect(all.every(Number.isFinite)).toBe(true)
  const [perimeter, circularity] = row(0).slice(17, 19)
  expect([perimeter, circularity]).toEqual([48, expect.closeTo(Math.PI / 4, 5)])
  const [inside, , , , around] = row(0).slice(19, 24)
  expect(inside).toBeGreaterThan(5 * around)
  expect(row(0)[19]).toBeGreaterThan(3 * row(1)[19])
  expect(ownWidth(row(0).length)).toBe(43)
  expect(row(0)[43], 'nuclei in the neighbourhood').toBe(1)
  expect(row(0)[44 + 19], 'averaged over itself alone').toBeCloseTo(row(0)[19], 5)
})

describe('the tiles of a seed', () => {
  const images = ['A7', 'A8', 'AC'].flatMap((site) =>
    Array.from({ length: 10 }, (_, i) => ({ name: `train/TCGA-${site}-${i}` })),
  )
  test('leave out one hospital in turn, of which all untouched tiles are and no touched one', () => {
    const splits = splitsOf(images, 4, { touched: 8, untouched: 5 })
    expect(splits.map(({ hospital }) => hospital)).toEqual(['A7', 'A8', 'AC', 'A7'])
    for (const { hospital, touched, untouched } of splits) {
      expect([touched.length, untouched.length]).toEqual([8, 5])
      expect(untouched.every((name) => name.includes(`-${hospital}-`))).toBe(true)
      expect(touched.some((name) => name.includes(`-${hospital}-`))).toBe(false)
    }
    expect(splits[3].touched).not.toEqual(splits[0].touched)
  })
  test('never overlap where names tell no hospital', () => {
    const plain = images.map((_, i) => ({ name: `tile ${i}` }))
    for (const { hospital, touched, untouched } of splitsOf(plain, 2, { touched: 20, untouched: 10 })) {
      expect(hospital).toBeNull()
      expect(new Set([...touched, ...untouched]).size).toBe(30)
    }
  })
})

test('the picture has a line for each arm and order, in both panels', () => {
  const means = (['head', 'forest'] as const).flatMap((arm) =>
    (['queue', 'random'] as const).flatMap((order) =>
      [20, 100].map((labels) => ({
        arm,
        order,
        labels,
        seeds: 1,
        notLabelled: 0.7,
        setAside: 0.7,
        untouchedTiles: 0.6,
        calledOther: 0,
      })),
    ),
  )
  const before = {
    arm: 'before',
    order: 'queue',
    labels: 0,
    seeds: 1,
    notLabelled: 0.6,
    setAside: 0.6,
    untouchedTiles: 0.5,
    calledOther: 0,
  } as const
  const bench: LearningBench = {
    ...{ model: 'm', data: 'd', classes: [], splits: [], points: [] },
    means: [before, ...means],
    effort: [],
  }
  const svg = learningPicture(bench)
  expect(svg.match(/<polyline/g)).toHaveLength(8)
  expect(svg).toContain('random forest on measurements')
  expect(svg).not.toContain('whole network')
  expect(svg).not.toContain('NaN')
})

test('what the queue saves is read off its curve, and is unknown where it never gets there', () => {
  const point = (order: 'queue' | 'random', labels: number, accuracy: number) => ({
    ...{ order, labels, arm: labels === 0 ? ('before' as const) : ('head' as const), seeds: 5 },
    ...{ notLabelled: accuracy, setAside: accuracy, untouchedTiles: accuracy, calledOther: 0 },
  })
  const means = [
    ...[point('random', 0, 0.7), point('random', 100, 0.8), point('random', 200, 0.9)],
    ...[point('queue', 0, 0.7), point('queue', 50, 0.75), point('queue', 100, 0.85)],
  ]
  expect(effortOf(means, 'notLabelled')).toEqual([
    { scoredOn: 'notLabelled', random: 100, accuracy: 0.8, queue: expect.closeTo(75, 6) },
    { scoredOn: 'notLabelled', random: 200, accuracy: 0.9, queue: null },
  ])
})
