import type { Rect } from '../../../../electron/contract/slides/slide.ts'

const surroundings = 3 // crop side in nucleus diameters: shows enough of the neighbours to judge by

/** Returns the square around a nucleus's box that its picture shows, level-0 pixels. */
export function cropAround(box: readonly [number, number, number, number]): Rect {
  const [xmin, ymin, xmax, ymax] = box
  const side = Math.max(8, Math.max(xmax - xmin, ymax - ymin) * surroundings)
  return { x: (xmin + xmax - side) / 2, y: (ymin + ymax - side) / 2, width: side, height: side }
}
