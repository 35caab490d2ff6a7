import { inPolygon } from '../../../models/geometry/polygon.ts'

/** Transform from map coordinates to the canvas: X = scale·x + left, Y = scale·y + top, CSS pixels. */
export interface MapView {
  readonly scale: number
  readonly left: number
  readonly top: number
}
export interface Size {
  readonly width: number
  readonly height: number
}

const border = 14 // CSS pixels kept free around the whole map
const [leastZoom, mostZoom] = [0.5, 60] // relative to the whole map

/** Returns the view that shows the whole map, centred. places: x, y of each nucleus, [n, 2] */
export function wholeMap(places: Float32Array, { width, height }: Size): MapView {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let k = 0; k < places.length; k += 2) {
    x0 = Math.min(x0, places[k])
    x1 = Math.max(x1, places[k])
    y0 = Math.min(y0, places[k + 1])
    y1 = Math.max(y1, places[k + 1])
  }
  if (x0 > x1) [x0, y0, x1, y1] = [0, 0, 0, 0]
  const room = (length: number) => Math.max(1, length - 2 * border)
  // One nucleus, or several at the same place, have no extent.
  const scale = Math.min(room(width) / (x1 - x0 || 1), room(height) / (y1 - y0 || 1))
  return { scale, left: width / 2 - (scale * (x0 + x1)) / 2, top: height / 2 - (scale * (y0 + y1)) / 2 }
}

/**
 * Returns the view zoomed by `factor`, with the point under (x, y) fixed. The zoom is limited relative to the whole
 * map.
 */
export function zoomed(view: MapView, whole: MapView, factor: number, x: number, y: number): MapView {
  const scale = Math.min(mostZoom * whole.scale, Math.max(leastZoom * whole.scale, view.scale * factor))
  const by = scale / view.scale
  return { scale, left: x - by * (x - view.left), top: y - by * (y - view.top) }
}

export const moved = (view: MapView, dx: number, dy: number): MapView => ({
  ...view,
  left: view.left + dx,
  top: view.top + dy,
})

/**
 * Returns the index of the nucleus nearest to (x, y) within `reach` CSS pixels, or −1 if there is none. Only nuclei
 * that are `shown` count.
 */
export function nearestPlace(
  places: Float32Array,
  view: MapView,
  x: number,
  y: number,
  reach: number,
  shown: (i: number) => boolean,
): number {
  const [mx, my] = [(x - view.left) / view.scale, (y - view.top) / view.scale]
  let least = (reach / view.scale) ** 2
  let nearest = -1
  for (let i = 0; i < places.length / 2; i++) {
    const d = (places[2 * i] - mx) ** 2 + (places[2 * i + 1] - my) ** 2
    if (d > least || !shown(i)) continue
    least = d
    nearest = i
  }
  return nearest
}

/** Returns the indices of the shown nuclei that lie inside a closed path on the canvas, x, y, … in CSS pixels. */
export function placesInPath(
  places: Float32Array,
  view: MapView,
  path: readonly number[],
  shown: (i: number) => boolean,
): number[] {
  if (path.length < 6) return []
  const holds = inPolygon(path.map((v, k) => (v - (k % 2 ? view.top : view.left)) / view.scale))
  const found: number[] = []
  for (let i = 0; i < places.length / 2; i++) if (holds(places[2 * i], places[2 * i + 1]) && shown(i)) found.push(i)
  return found
}

/** Returns the indices of the shown nuclei within `radius` CSS pixels of a point of the canvas. */
export function placesNear(
  places: Float32Array,
  view: MapView,
  x: number,
  y: number,
  radius: number,
  shown: (i: number) => boolean,
): number[] {
  const [mx, my, most] = [(x - view.left) / view.scale, (y - view.top) / view.scale, (radius / view.scale) ** 2]
  const found: number[] = []
  for (let i = 0; i < places.length / 2; i++)
    if ((places[2 * i] - mx) ** 2 + (places[2 * i + 1] - my) ** 2 <= most && shown(i)) found.push(i)
  return found
}
