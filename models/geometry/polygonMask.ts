/** A box of whole pixels. */
export interface PixelBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Returns the box of whole pixels around a ring (flat x, y), clipped to a picture; its size may be 0 or less. */
export function boxWithin(ring: ArrayLike<number>, width: number, height: number): PixelBox {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < ring.length; i += 2) {
    left = Math.min(left, ring[i])
    right = Math.max(right, ring[i])
    top = Math.min(top, ring[i + 1])
    bottom = Math.max(bottom, ring[i + 1])
  }
  const x = Math.max(Math.floor(left), 0)
  const y = Math.max(Math.floor(top), 0)
  return { x, y, width: Math.min(Math.ceil(right), width) - x, height: Math.min(Math.ceil(bottom), height) - y }
}

/**
 * Returns, row by row, 1 for the pixels of a box whose centre lies in a polygon (even–odd rule), else 0.
 * @param ring flat x, y, first point not repeated at the end; a pixel's centre is at +0.5
 */
export function polygonMask(ring: ArrayLike<number>, box: PixelBox): Uint8Array {
  const mask = new Uint8Array(box.width * box.height)
  for (let row = 0; row < box.height; row++) {
    const y = box.y + row + 0.5
    const crossings: number[] = []
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [ay, by] = [ring[j + 1], ring[i + 1]]
      if (ay > y === by > y) continue
      crossings.push(ring[j] + ((y - ay) / (by - ay)) * (ring[i] - ring[j]))
    }
    crossings.sort((a, b) => a - b)
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k] - box.x - 0.5))
      const to = Math.min(box.width, Math.ceil(crossings[k + 1] - box.x - 0.5))
      mask.fill(1, row * box.width + from, Math.max(row * box.width + from, row * box.width + to))
    }
  }
  return mask
}
