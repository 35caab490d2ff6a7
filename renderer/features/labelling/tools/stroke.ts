/** Returns a stroke's points (x, y, …) without those closer than `step` to the last point kept. */
export function thinned(path: readonly number[], step: number): number[] {
  const kept = path.slice(0, 2)
  for (let k = 2; k < path.length; k += 2)
    if (Math.hypot(path[k] - kept[kept.length - 2], path[k + 1] - kept[kept.length - 1]) >= step)
      kept.push(path[k], path[k + 1])
  return kept
}

/** Returns the corners of the rectangle between a stroke's first and last point. */
export function cornersOf(path: readonly number[]): number[] {
  const [x1, y1] = path
  const [x2, y2] = path.slice(-2)
  return [x1, y1, x2, y1, x2, y2, x1, y2]
}

/** Returns the greatest distance of a stroke's points from its first point. */
export function travelOf(path: readonly number[]): number {
  let most = 0
  for (let k = 2; k < path.length; k += 2) most = Math.max(most, Math.hypot(path[k] - path[0], path[k + 1] - path[1]))
  return most
}
