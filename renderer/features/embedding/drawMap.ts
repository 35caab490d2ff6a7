import type { ShownClasses } from '../../../electron/contract/nuclei/displayed.ts'
import type { MapView } from './mapView.ts'

export interface MapScene {
  /** Map coordinates x, y of each nucleus, [n, 2]. */
  readonly places: Float32Array
  /** Position of each nucleus among the slide's nuclei; −1 if it no longer exists. */
  readonly positions: Int32Array
  readonly shown: ShownClasses
  /** Returns the colour of a class id, or null if the class is hidden. */
  colour(classId: number): string | null
  readonly selected: readonly number[]
  readonly hovered: number
  /** Colour of the ring around selected and hovered nuclei. */
  readonly ink: string
}

/**
 * Returns the side of a nucleus's square in CSS pixels. Few nuclei are drawn large, thousands small enough to stay
 * apart; zooming in enlarges them a little.
 */
export const pointSize = (count: number, zoom: number): number =>
  Math.min(7, Math.max(1.5, 140 / Math.sqrt(Math.max(1, count))) * Math.sqrt(Math.max(1, zoom)))

/** Draws a map on a context whose unit is one CSS pixel. */
export function drawMap(context: CanvasRenderingContext2D, scene: MapScene, view: MapView, size: number): void {
  const { places, positions, shown } = scene
  const byClass = new Map<number, number[]>()
  positions.forEach((position, i) => {
    if (position < 0 || shown.outside[position]) return
    const classId = shown.classId[position]
    const members = byClass.get(classId)
    if (members) members.push(i)
    else byClass.set(classId, [i])
  })
  const x = (i: number) => view.scale * places[2 * i] + view.left
  const y = (i: number) => view.scale * places[2 * i + 1] + view.top
  // Draws the largest class first, so that rare ones are not covered.
  for (const [classId, members] of [...byClass].sort((a, b) => b[1].length - a[1].length)) {
    const colour = scene.colour(classId)
    if (colour === null) continue
    context.fillStyle = colour
    for (const i of members) context.fillRect(x(i) - size / 2, y(i) - size / 2, size, size)
  }
  context.strokeStyle = scene.ink
  const chosen = new Set([...scene.selected, scene.hovered].filter((position) => position >= 0))
  if (chosen.size === 0) return
  positions.forEach((position, i) => {
    if (!chosen.has(position)) return
    context.lineWidth = position === scene.hovered ? 1.5 : 2.5
    context.beginPath()
    context.arc(x(i), y(i), Math.max(5, size), 0, 2 * Math.PI)
    context.stroke()
  })
}
