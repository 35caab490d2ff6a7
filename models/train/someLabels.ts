import type { Random } from '../nn/random.ts'

/**
 * Draws labels at random over all slides, as a reader would who labels here and there.
 * @param counts number of labels of each slide
 * @param wanted number of labels to draw; all if there are fewer
 * @returns positions of the drawn labels among those of each slide, ascending
 */
export function someLabels(counts: readonly number[], wanted: number, rng: Random): Uint32Array[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const drawn = rng.permutation(total).subarray(0, wanted).slice().sort()
  let [from, at] = [0, 0]
  return counts.map((count) => {
    const first = at
    while (at < drawn.length && drawn[at] < from + count) at++
    const positions = drawn.subarray(first, at).map((k) => k - from)
    from += count
    return positions
  })
}
