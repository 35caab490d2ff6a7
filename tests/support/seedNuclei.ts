/** A grid of octagons as another tool's file: what the tests label without having to find nuclei first. */
export interface Grid {
  readonly columns: number
  readonly rows: number
  /** Middle of the first, level-0 pixels. */
  readonly left: number
  readonly top: number
  readonly step: number
  readonly radius: number
}

/** Middle of nucleus k of a grid, row by row. */
export const middle = ({ columns, left, top, step }: Grid, k: number): { x: number; y: number } => ({
  x: left + (k % columns) * step,
  y: top + Math.floor(k / columns) * step,
})

/** The grid as GeoJSON; `classOf` names a nucleus' class or nothing. */
export function gridGeoJson(grid: Grid, classOf: (k: number) => string | undefined = () => undefined): string {
  const features = Array.from({ length: grid.columns * grid.rows }, (_, k) => {
    const { x, y } = middle(grid, k)
    const ring = Array.from({ length: 9 }, (_, i) => [
      x + grid.radius * Math.cos((i % 8) * (Math.PI / 4)),
      y + grid.radius * Math.sin((i % 8) * (Math.PI / 4)),
    ])
    const name = classOf(k)
    return {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring] },
      properties: { objectType: 'detection', ...(name && { classification: { name } }) },
    }
  })
  return JSON.stringify({ type: 'FeatureCollection', features })
}
