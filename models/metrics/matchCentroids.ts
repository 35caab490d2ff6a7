/** Which found point belongs to which true point, and the detector's scores that follow. */
export interface CentroidMatch {
  /** Pairs as [true, found], nearest first. */
  readonly pairs: readonly (readonly [number, number])[]
  readonly precision: number
  readonly recall: number
  /** 2·pairs / (true + found); 1 where both are empty. */
  readonly f1: number
}

/**
 * Matches points one-to-one within `radius` (same units as the points; flat x, y). Greedy: nearest pairs first, ties by
 * order. Never finds more pairs than the optimal assignment, so its F1 is never too high.
 */
export function matchCentroids(truth: ArrayLike<number>, found: ArrayLike<number>, radius: number): CentroidMatch {
  const cell = Math.max(radius, 1e-9)
  const index = (v: number) => Math.floor(v / cell)
  const grid = new Map<string, number[]>()
  for (let f = 0; f < found.length / 2; f++) {
    const k = `${index(found[2 * f])},${index(found[2 * f + 1])}`
    const list = grid.get(k)
    if (list) list.push(f)
    else grid.set(k, [f])
  }
  const near: { t: number; f: number; d: number }[] = []
  for (let t = 0; t < truth.length / 2; t++) {
    const x = truth[2 * t]
    const y = truth[2 * t + 1]
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++)
        for (const f of grid.get(`${index(x) + dx},${index(y) + dy}`) ?? []) {
          const d = Math.hypot(found[2 * f] - x, found[2 * f + 1] - y)
          if (d <= radius) near.push({ t, f, d })
        }
  }
  near.sort((a, b) => a.d - b.d || a.t - b.t || a.f - b.f)
  const usedTruth = new Uint8Array(truth.length / 2)
  const usedFound = new Uint8Array(found.length / 2)
  const pairs: [number, number][] = []
  for (const { t, f } of near) {
    if (usedTruth[t] || usedFound[f]) continue
    usedTruth[t] = usedFound[f] = 1
    pairs.push([t, f])
  }
  const ratio = (of: number) => (of ? pairs.length / of : 1)
  return {
    pairs,
    precision: ratio(usedFound.length),
    recall: ratio(usedTruth.length),
    f1: usedTruth.length + usedFound.length ? (2 * pairs.length) / (usedTruth.length + usedFound.length) : 1,
  }
}
