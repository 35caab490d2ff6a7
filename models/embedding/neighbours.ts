/** The nearest rows of each row, nearest first. */
export interface Neighbours {
  readonly k: number
  /** [n, k] */
  readonly index: Uint32Array
  /** Euclidean, [n, k] */
  readonly distance: Float32Array
}

/** Rows between two yields: some hundredths of a second of work. */
const block = 64

/**
 * Finds the k nearest rows of `among` [m, width] for each of `rows` [n, width], by comparing all. Yields the number of
 * rows done.
 * @param apart true if rows and among are the same; a row is then not its own neighbour
 */
export function* nearestNeighbours(
  rows: Float32Array,
  among: Float32Array,
  width: number,
  wanted: number,
  apart: boolean,
): Generator<number, Neighbours> {
  const n = rows.length / width
  const m = among.length / width
  const k = Math.max(0, Math.min(wanted, apart ? m - 1 : m))
  const index = new Uint32Array(n * k)
  const distance = new Float32Array(n * k)
  const bestDistance = new Float64Array(k)
  const bestIndex = new Uint32Array(k)
  for (let i = 0; i < n; i++) {
    bestDistance.fill(Infinity)
    for (let j = 0; j < m; j++) {
      if (k === 0 || (apart && i === j)) continue
      let d = 0
      const worst = bestDistance[k - 1]
      for (let c = 0; c < width && d < worst; c += 8) {
        const end = Math.min(width, c + 8)
        for (let q = c; q < end; q++) d += (rows[i * width + q] - among[j * width + q]) ** 2
      }
      if (d >= worst) continue
      let at = k - 1
      for (; at > 0 && bestDistance[at - 1] > d; at--) {
        bestDistance[at] = bestDistance[at - 1]
        bestIndex[at] = bestIndex[at - 1]
      }
      bestDistance[at] = d
      bestIndex[at] = j
    }
    for (let c = 0; c < k; c++) {
      index[i * k + c] = bestIndex[c]
      distance[i * k + c] = Math.sqrt(bestDistance[c])
    }
    if (i % block === block - 1) yield i + 1
  }
  return { k, index, distance }
}
