import { random } from '../nn/random.ts'
import { nearestNeighbours, type Neighbours } from './neighbours.ts'
import { principalComponents } from './principal.ts'
import { layOut, memberships } from './umap.ts'

export interface TokenMapOptions {
  readonly seed: number
  /** Number of nuclei laid out by UMAP; the others are placed between the most similar of these. */
  readonly landmarks: number
}

/** Positions of tokens on the plane. */
export interface TokenMap {
  /** x, y of each token, [n, 2] */
  readonly places: Float32Array
  /** Rows laid out by UMAP, in ascending order; all rows if there are no more than asked for. */
  readonly landmarks: Uint32Array
}

/** Dimensions in which neighbours are searched for. */
const components = 32
const neighbours = 15
const epochs = 300
/** Width of the initial layout, made of the first two components: it keeps distant groups in a meaningful order. */
const startWidth = 10

/** Makes a map of tokens [n, width], the same for the same seed. Yields progress from 0 to 1. */
export function* tokenMap(
  tokens: Float32Array,
  width: number,
  { seed, landmarks: most }: TokenMapOptions,
): Generator<number, TokenMap> {
  const rng = random(seed)
  const n = tokens.length / width
  const landmarks = n <= most ? Uint32Array.from({ length: n }, (_, i) => i) : rng.permutation(n).slice(0, most).sort()
  const places = new Float32Array(2 * n)
  if (n < 2) return { places, landmarks }
  const principal = principalComponents(rowsAt(tokens, landmarks, width), width, components, rng)
  yield 0.05
  const known = principal.project(rowsAt(tokens, landmarks, width))
  const near = yield* within(
    0.05,
    0.35,
    landmarks.length,
    nearestNeighbours(known, known, principal.width, neighbours, true),
  )
  const laid = startFrom(known, principal.width)
  yield* within(0.35, n > landmarks.length ? 0.7 : 1, epochs, layOut(laid, memberships(near), epochs, rng))
  landmarks.forEach((row, i) => places.set(laid.subarray(2 * i, 2 * i + 2), 2 * row))
  if (n > landmarks.length) {
    const isLandmark = new Set(landmarks)
    const others = Uint32Array.from({ length: n }, (_, i) => i).filter((i) => !isLandmark.has(i))
    const rows = principal.project(rowsAt(tokens, others, width))
    const among = yield* within(
      0.7,
      1,
      others.length,
      nearestNeighbours(rows, known, principal.width, neighbours, false),
    )
    others.forEach((row, i) => places.set(between(laid, among, i), 2 * row))
  }
  return { places, landmarks }
}

/** Runs a part of the work and maps its progress to `low` … `high`. */
function* within<T>(low: number, high: number, of: number, work: Generator<number, T>): Generator<number, T> {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    yield low + ((high - low) * step.value) / of
  }
}

function startFrom(known: Float32Array, width: number): Float32Array {
  const n = known.length / width
  const start = Float32Array.from({ length: 2 * n }, (_, k) => (k % 2 < width ? known[(k >> 1) * width + (k % 2)] : 0))
  let furthest = 0
  for (const v of start) furthest = Math.max(furthest, Math.abs(v))
  return furthest ? start.map((v) => (v / furthest) * startWidth) : start
}

/** Returns the mean of the neighbours' positions, weighted by similarity: exp(−(d − nearest)/mean excess). */
function between(laid: Float32Array, { k, index, distance }: Neighbours, row: number): [number, number] {
  const d = distance.subarray(row * k, (row + 1) * k)
  let excess = 0
  for (const v of d) excess += (v - d[0]) / k
  let [x, y, total] = [0, 0, 0]
  for (let c = 0; c < k; c++) {
    const weight = excess > 0 ? Math.exp(-(d[c] - d[0]) / excess) : 1
    x += weight * laid[2 * index[row * k + c]]
    y += weight * laid[2 * index[row * k + c] + 1]
    total += weight
  }
  return [x / total, y / total]
}

function rowsAt(matrix: Float32Array, index: Uint32Array, width: number): Float32Array {
  const rows = new Float32Array(index.length * width)
  index.forEach((row, k) => rows.set(matrix.subarray(row * width, (row + 1) * width), k * width))
  return rows
}
