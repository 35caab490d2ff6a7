import type { Random } from '../nn/random.ts'
import type { Neighbours } from './neighbours.ts'

/**
 * UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426), from given neighbours and a given initial layout.
 *
 * The membership of j among i's neighbours is exp(−max(0, d_ij − ρ_i)/σ_i), where ρ_i is the nearest distance and σ_i
 * makes the row add up to log₂ k. Memberships are made symmetric by w = u + v − u·v. On the plane, a pair at distance d
 * has membership q = 1/(1 + a·d^(2b)). Gradient steps reduce the cross-entropy of w and q: edges are drawn in
 * proportion to w, and each end of a drawn edge is pushed away from five random nuclei.
 */
const pushedAway = 5
/** a and b for which q best fits 1 below 0.1 and exp(−(d − 0.1)) beyond, in least squares over 0 ≤ d ≤ 3. */
const [a, b] = [1.577, 0.895]
/** Longest step: the push between two nuclei at one position has no bound. */
const longestStep = 4
const firstRate = 1

interface Edge {
  readonly from: Uint32Array
  readonly to: Uint32Array
  readonly weight: Float32Array
}

/** Returns symmetric memberships of all pairs in which one is among the other's neighbours. */
export function memberships({ k, index, distance }: Neighbours): Edge {
  const n = k ? index.length / k : 0
  const known = new Map<number, number>()
  for (let i = 0; i < n; i++) {
    const row = distance.subarray(i * k, (i + 1) * k)
    const sigma = spread(row)
    for (let c = 0; c < k; c++) {
      const u = Math.exp(-Math.max(0, row[c] - row[0]) / sigma)
      const j = index[i * k + c]
      const pair = Math.min(i, j) * n + Math.max(i, j)
      const v = known.get(pair) ?? 0
      known.set(pair, u + v - u * v)
    }
  }
  const from = new Uint32Array(known.size)
  const to = new Uint32Array(known.size)
  const weight = new Float32Array(known.size)
  let e = 0
  for (const [pair, w] of known) {
    from[e] = Math.floor(pair / n)
    to[e] = pair % n
    weight[e++] = w
  }
  return { from, to, weight }
}

/** Finds σ with Σ exp(−max(0, d − ρ)/σ) = log₂ k, by bisection; distances must be sorted. */
function spread(row: Float32Array): number {
  const wanted = Math.log2(Math.max(2, row.length))
  let [low, high] = [0, Infinity]
  let sigma = 1
  for (let turn = 0; turn < 48; turn++) {
    let sum = 0
    for (const d of row) sum += Math.exp(-Math.max(0, d - row[0]) / sigma)
    if (sum > wanted) high = sigma
    else low = sigma
    sigma = high === Infinity ? sigma * 2 : (low + high) / 2
  }
  // If all neighbours are equally far, no σ fits; a thousandth of the distance keeps it above zero.
  return Math.max(sigma, 1e-3 * (row[row.length - 1] || 1), 1e-12)
}

/** Moves `places` [n, 2] in place so that neighbours come to lie together. Yields the number of epochs done. */
export function* layOut(
  places: Float32Array,
  { from, to, weight }: Edge,
  epochs: number,
  rng: Random,
): Generator<number, void> {
  const n = places.length / 2
  let strongest = 0
  for (const w of weight) strongest = Math.max(strongest, w)
  // An edge is drawn each time the sum of its share per epoch has grown by one.
  const drawn = new Float32Array(weight.length)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = firstRate * (1 - epoch / epochs)
    for (let e = 0; e < weight.length; e++) {
      drawn[e] += weight[e] / strongest
      if (drawn[e] < 1) continue
      drawn[e] -= 1
      const [i, j] = [from[e], to[e]]
      pull(places, i, j, rate)
      // Each edge is stored once for both directions, so both of its ends push others away.
      for (let s = 0; s < pushedAway; s++) {
        push(places, i, rng.below(n), rate)
        push(places, j, rng.below(n), rate)
      }
    }
    yield epoch + 1
  }
}

/** Moves both ends of an edge along −∂/∂d of −log q: −2ab·d^(2(b−1))/(1 + a·d^(2b)) along the line between them. */
function pull(places: Float32Array, i: number, j: number, rate: number): void {
  const dx = places[2 * i] - places[2 * j]
  const dy = places[2 * i + 1] - places[2 * j + 1]
  const d2 = dx * dx + dy * dy
  if (d2 === 0) return
  const power = Math.pow(d2, b)
  const force = (-2 * a * b * (power / d2)) / (1 + a * power)
  const [sx, sy] = [rate * limited(force * dx), rate * limited(force * dy)]
  places[2 * i] += sx
  places[2 * i + 1] += sy
  places[2 * j] -= sx
  places[2 * j + 1] -= sy
}

/** Moves i away from j by 2b/((ε + d²)(1 + a·d^(2b))); ε keeps it finite. */
function push(places: Float32Array, i: number, j: number, rate: number): void {
  if (i === j) return
  const dx = places[2 * i] - places[2 * j]
  const dy = places[2 * i + 1] - places[2 * j + 1]
  const d2 = dx * dx + dy * dy
  const force = (2 * b) / ((0.001 + d2) * (1 + a * Math.pow(d2, b)))
  places[2 * i] += rate * limited(force * dx)
  places[2 * i + 1] += rate * limited(force * dy)
}

const limited = (step: number): number => (step > longestStep ? longestStep : step < -longestStep ? -longestStep : step)
