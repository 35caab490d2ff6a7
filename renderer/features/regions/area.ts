/** A closed polygon, x, y of each corner. */
export type Polygon = readonly number[]

/** Area of a polygon by the shoelace formula, in its own units squared. */
export function areaOf(polygon: Polygon): number {
  let twice = 0
  for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2)
    twice += polygon[u] * polygon[v + 1] - polygon[v] * polygon[u + 1]
  return Math.abs(twice) / 2
}

/** The part of a polygon that lies on 0 … width × 0 … height (Sutherland & Hodgman 1974); empty where none does. */
export function clipped(polygon: Polygon, width: number, height: number): number[] {
  const sides: readonly ((x: number, y: number) => number)[] = [
    (x) => x,
    (x) => width - x,
    (_x, y) => y,
    (_x, y) => height - y,
  ]
  return sides.reduce<number[]>(
    (left, inside) => {
      const kept: number[] = []
      for (let v = 0, u = left.length - 2; v < left.length; u = v, v += 2) {
        const [ax, ay, bx, by] = [left[u], left[u + 1], left[v], left[v + 1]]
        const [a, b] = [inside(ax, ay), inside(bx, by)]
        const t = a / (a - b)
        if (a >= 0 !== b >= 0) kept.push(ax + t * (bx - ax), ay + t * (by - ay))
        if (b >= 0) kept.push(bx, by)
      }
      return kept
    },
    [...polygon],
  )
}
