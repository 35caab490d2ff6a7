/** A range that contains the true value with the probability `level`. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** Level of every interval of this folder. */
export const level = 0.95
/** The quantile of the standard normal distribution that belongs to `level`, two-sided. */
const z = 1.959964

/**
 * Returns a range that contains at least `level` of the draws: from the lower end of the shortest range and of the
 * equal-tailed one to the higher end of both. The shortest range alone covers the truth too rarely in the middle of the
 * scale, the equal-tailed one excludes the truth of a class near 0. Sorts the draws in place.
 */
export function credibleRange(draws: Float64Array): Range {
  if (draws.length === 0) throw new RangeError('A range needs at least one draw.')
  draws.sort()
  const last = draws.length - 1
  const inside = Math.min(last, Math.floor(level * draws.length))
  let from = 0
  for (let i = 1; i + inside <= last; i++)
    if (draws[i + inside] - draws[i] < draws[from + inside] - draws[from]) from = i
  const tail = Math.round(((1 - level) / 2) * last)
  return { low: draws[Math.min(from, tail)], high: draws[Math.max(from + inside, last - tail)] }
}

/**
 * Returns Wilson's score interval of a fraction `part` / `total` (Wilson 1927). It stays within 0 … 1 and is useful for
 * few cases too. `total` must be above 0.
 */
export function wilson(part: number, total: number): Range {
  if (!(total > 0) || part < 0 || part > total) throw new RangeError(`No fraction: ${part} of ${total}.`)
  const p = part / total
  const scale = 1 + (z * z) / total
  const middle = (p + (z * z) / (2 * total)) / scale
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total))
  return { low: part === 0 ? 0 : middle - half, high: part === total ? 1 : middle + half }
}
