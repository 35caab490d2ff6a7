/** Whether a point lies in a closed polygon of flat x, y (even–odd rule). */
export function isInPolygon(polygon: ArrayLike<number>, x: number, y: number): boolean {
  let inside = false
  for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2)
    if (
      polygon[v + 1] > y !== polygon[u + 1] > y &&
      x < ((polygon[u] - polygon[v]) * (y - polygon[v + 1])) / (polygon[u + 1] - polygon[v + 1]) + polygon[v]
    )
      inside = !inside
  return inside
}
