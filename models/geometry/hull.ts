/** Smallest convex polygon around points x, y, x, y…, in the order traceContour gives (clockwise on the screen). */
export function convexHull(points: Float64Array): Float64Array {
  const order = Array.from({ length: points.length / 2 }, (_, i) => i).sort(
    (a, b) => points[2 * a] - points[2 * b] || points[2 * a + 1] - points[2 * b + 1],
  )
  /** One half: from the first to the last of `order`, always turning right-handed on the screen. */
  const half = (list: readonly number[]): number[] => {
    const chain: number[] = []
    for (const c of list) {
      while (chain.length > 1 && turn(points, chain[chain.length - 2], chain[chain.length - 1], c) <= 0) chain.pop()
      chain.push(c)
    }
    return chain.slice(0, -1)
  }
  return Float64Array.from(
    [...half(order), ...half(order.reverse())].flatMap((i) => [points[2 * i], points[2 * i + 1]]),
  )
}

/** Positive where the way from a over b to c turns right on the screen (y downwards). */
const turn = (p: Float64Array, a: number, b: number, c: number): number =>
  (p[2 * b] - p[2 * a]) * (p[2 * c + 1] - p[2 * a + 1]) - (p[2 * b + 1] - p[2 * a + 1]) * (p[2 * c] - p[2 * a])

/** Area of a closed polygon. */
export function polygonArea(points: Float64Array): number {
  let sum = 0
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2)
    sum += points[j] * points[i + 1] - points[i] * points[j + 1]
  return Math.abs(sum) / 2
}
