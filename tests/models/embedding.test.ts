import { describe, expect, it } from 'vitest'
import { nearestNeighbours } from '../../models/embedding/neighbours.ts'
import { principalComponents } from '../../models/embedding/principal.ts'
import { tokenMap } from '../../models/embedding/tokenMap.ts'
import { memberships } from '../../models/embedding/umap.ts'
import { random } from '../../models/nn/random.ts'

function finished<T>(work: Generator<number, T>): { value: T; steps: number[] } {
  const steps: number[] = []
  for (;;) {
    const step = work.next()
    if (step.done) return { value: step.value, steps }
    steps.push(step.value)
  }
}

/** Tokens in `groups` heaps that lie far apart, in turn. */
function heaps(n: number, groups: number, width = 24): Float32Array {
  const rng = random(5)
  return Float32Array.from({ length: n * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    return 0.3 * rng.normal() + (column === row % groups ? 4 : 0)
  })
}

/** Share of the tokens whose nearest neighbour on the map is of their own heap. */
function kept(places: Float32Array, groups: number): number {
  const n = places.length / 2
  const { index } = finished(nearestNeighbours(places, places, 2, 1, true)).value
  return Array.from(index).filter((j, i) => j % groups === i % groups).length / n
}

describe('a map of tokens', () => {
  it('keeps clusters together and apart from each other', () => {
    const { value } = finished(tokenMap(heaps(300, 5), 24, { seed: 1, landmarks: 1000 }))
    expect(value.landmarks).toHaveLength(300)
    expect(kept(value.places, 5)).toBeGreaterThan(0.98)
  })
  it('places nuclei beyond the landmarks near similar ones, and says which are landmarks', () => {
    const { value } = finished(tokenMap(heaps(400, 5), 24, { seed: 1, landmarks: 150 }))
    expect(value.landmarks).toHaveLength(150)
    expect(new Set(value.landmarks).size).toBe(150)
    expect([...value.landmarks]).toEqual([...value.landmarks].sort((a, b) => a - b))
    expect(kept(value.places, 5)).toBeGreaterThan(0.95)
  })
  it('is the same for the same seed and different for another', () => {
    const of = (seed: number) => finished(tokenMap(heaps(60, 3), 24, { seed, landmarks: 40 })).value.places
    expect(of(3)).toEqual(of(3))
    expect(of(3)).not.toEqual(of(4))
  })
  it('reports its progress, rising from 0 to 1', () => {
    const { steps } = finished(tokenMap(heaps(200, 3), 24, { seed: 1, landmarks: 100 }))
    expect(steps.length).toBeGreaterThan(100)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(steps.at(-1)).toBeLessThanOrEqual(1)
  })
  for (const [what, n] of [
    ['no nucleus', 0],
    ['one nucleus', 1],
    ['two nuclei', 2],
    ['three nuclei', 3],
  ] as const)
    it(`of ${what} has finite places`, () => {
      const { value } = finished(tokenMap(heaps(n, 2), 24, { seed: 1, landmarks: 10 }))
      expect(value.places).toHaveLength(2 * n)
      expect(value.places.every(Number.isFinite)).toBe(true)
    })
  it('of tokens that are all alike has finite places', () => {
    const { value } = finished(tokenMap(new Float32Array(40 * 8).fill(1), 8, { seed: 1, landmarks: 20 }))
    expect(value.places.every(Number.isFinite)).toBe(true)
  })
})

describe('its parts', () => {
  it('the first component is the direction of most variance', () => {
    const rng = random(2)
    const rows = Float32Array.from({ length: 200 * 3 }, (_, i) => rng.normal() * [1, 8, 3][i % 3])
    const { project, width } = principalComponents(rows, 3, 2, rng)
    expect(width).toBe(2)
    const projected = project(rows)
    for (let i = 0; i < 200; i++) expect(Math.abs(projected[2 * i])).toBeCloseTo(Math.abs(rows[3 * i + 1]), -1)
  })
  it('nearest neighbours come nearest first, and none is its own', () => {
    const points = Float32Array.of(0, 1, 3, 7, 20)
    const { value } = finished(nearestNeighbours(points, points, 1, 2, true))
    expect([...value.index]).toEqual([1, 2, 0, 2, 1, 0, 2, 1, 3, 2])
    expect([...value.distance]).toEqual([1, 3, 1, 2, 2, 3, 4, 6, 13, 17])
  })
  it('memberships sum to log₂ k before they are made symmetric, and the nearest neighbour has 1', () => {
    // Two nuclei that are only each other's neighbours: u = v = 1, so w = 1 + 1 − 1.
    const pair = memberships({ k: 1, index: Uint32Array.of(1, 0), distance: Float32Array.of(2, 2) })
    expect([[...pair.from], [...pair.to], [...pair.weight]]).toEqual([[0], [1], [1]])
    // A row alone: 1 + exp(−1/σ)·… = log₂ 4 = 2 over distances 1, 2, 2, 2 gives exp(−1/σ) = 1/3.
    const index = Uint32Array.of(1, 2, 3, 4)
    const one = memberships({ k: 4, index, distance: Float32Array.of(1, 2, 2, 2) })
    expect(one.weight[0]).toBeCloseTo(1, 6)
    for (const w of one.weight.subarray(1)) expect(w).toBeCloseTo(1 / 3, 6)
  })
})
