import { cohenKappa } from '../metrics/kappa.ts'
import { random } from '../nn/random.ts'
import { drawDirichlet } from './dirichlet.ts'
import { credibleRange, type Range } from './intervals.ts'

const draws = 4000

/**
 * Returns Cohen's kappa of two readings of the same nuclei with the range that contains the true one with a probability
 * of 95 %. The shares of the pairs of classes have a Dirichlet posterior with a prior that weighs as much as one nucleus
 * (Perks 1947), spread over all pairs of the classes that occur; kappa is computed for each draw. So a few nuclei without
 * a difference do not make a certain kappa of 1, as the usual standard error would. Returns null with fewer than two
 * classes, for which kappa says nothing.
 */
export function kappaRange(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  seed = 1,
  of = draws,
): (Range & { readonly kappa: number }) | null {
  const kappa = cohenKappa(first, second)
  const classes = [...new Set([...Array.from(first), ...Array.from(second)])]
  const k = classes.length
  if (k < 2) return null
  const parameters = new Float64Array(k * k).fill(1 / (k * k))
  for (let i = 0; i < first.length; i++) parameters[classes.indexOf(first[i]) * k + classes.indexOf(second[i])]++
  const rng = random(seed)
  const drawn = Float64Array.from({ length: of }, () => kappaOf(drawDirichlet(parameters, rng), k))
  return { kappa, ...credibleRange(drawn) }
}

/** Kappa of the shares of pairs of classes, [k, k]. */
export function kappaOf(shares: Float64Array, k: number): number {
  let [agreed, expected] = [0, 0]
  for (let c = 0; c < k; c++) {
    agreed += shares[c * k + c]
    let [row, column] = [0, 0]
    for (let d = 0; d < k; d++) {
      row += shares[c * k + d]
      column += shares[d * k + c]
    }
    expected += row * column
  }
  return expected < 1 ? (agreed - expected) / (1 - expected) : 1
}
