import { gradientNoise, gridded, mix, smoothstep } from './noise.ts'
import { radiusTowards, type Blob, type Tissue } from './tissue.ts'

/** For each pixel, row by row: the nearest blob and the distance to its edge. */
export interface NearestBlob {
  /** Position in the list of blobs; −1 if none is within reach. */
  readonly index: Int8Array
  /**
   * px, negative inside; `farAway` if no blob is within reach. Measured radially, so slightly too large along long
   * sides.
   */
  readonly distance: Float32Array
}
export const farAway = 1e4

export function nearestBlob(width: number, height: number, blobs: readonly Blob[], beyond: number): NearestBlob {
  const index = new Int8Array(width * height).fill(-1)
  const distance = new Float32Array(width * height).fill(farAway)
  blobs.forEach((blob, b) => {
    const reach = blob.reach + beyond
    const yEnd = Math.min(height, Math.ceil(blob.y + reach))
    const xEnd = Math.min(width, Math.ceil(blob.x + reach))
    for (let y = Math.max(0, Math.floor(blob.y - reach)); y < yEnd; y++)
      for (let x = Math.max(0, Math.floor(blob.x - reach)); x < xEnd; x++) {
        const dx = x - blob.x
        const dy = y - blob.y
        const d = Math.sqrt(dx * dx + dy * dy) - radiusTowards(blob, dx, dy)
        const at = y * width + x
        if (d >= beyond || d >= distance[at]) continue
        distance[at] = d
        index[at] = b
      }
  })
  return { index, distance }
}

/** Per-pixel data for painting tissue and placing nuclei. */
export interface Maps {
  readonly glands: NearestBlob
  readonly aggregates: NearestBlob
  readonly vessels: NearestBlob
  /** Coordinate across the fibres, px. Fibres run along its level lines and wrap around glands and vessels. */
  readonly across: Float32Array
}

export function mapTissue(tissue: Tissue, seed: number): Maps {
  const { width, height } = tissue
  const glands = nearestBlob(width, height, tissue.glands, 150)
  const aggregates = nearestBlob(width, height, tissue.aggregates, 80)
  const vessels = nearestBlob(width, height, tissue.vessels, 60)
  const noise = gradientNoise(seed)
  const flow = gridded(
    width,
    height,
    (x, y) => y + 0.35 * x + 130 * noise(x / 640, y / 520) + 13 * noise(x / 160 + 9, y / 160),
  )
  const across = new Float32Array(width * height)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const free = flow(x, y)
      const aroundGland = mix(free, glands.distance[at], smoothstep(75, 0, glands.distance[at]))
      across[at] = mix(aroundGland, vessels.distance[at], smoothstep(45, 3, vessels.distance[at]))
    }
  return { glands, aggregates, vessels, across }
}

/** Returns the direction of the fibres at a pixel, radians. */
export function fibreDirection(maps: Maps, width: number, height: number, x: number, y: number): number {
  const step = 4
  const column = Math.round(Math.min(width - 1 - step, Math.max(step, x)))
  const row = Math.round(Math.min(height - 1 - step, Math.max(step, y)))
  const at = row * width + column
  const gx = maps.across[at + step] - maps.across[at - step]
  const gy = maps.across[at + step * width] - maps.across[at - step * width]
  return Math.atan2(gx, -gy)
}
