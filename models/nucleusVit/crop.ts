import { gridOf, pixelMean, pixelStd, roiSize, type NucleusVitConfig } from './config.ts'
import { positionTables, type PositionTables } from './positions.ts'
import { roiAlignMatrix } from './roiAlign.ts'

/** The numbers of one crop as the network takes them; see NucleusVitInputs. */
export interface CropFeeds {
  readonly image: Float32Array
  readonly roi: Float32Array
  readonly patch_positions: Float32Array
  readonly nucleus_positions: Float32Array
}

/** Turns pixels and boxes into feeds; keeps the tables that depend on the configuration alone. */
export interface CropEncoder {
  /**
   * @param rgb interleaved, S·S·3 bytes
   * @param boxes xmin, ymin, xmax, ymax in crop pixels
   */
  encode(rgb: Uint8Array, boxes: ArrayLike<number>): CropFeeds
}

export function cropEncoder(config: NucleusVitConfig): CropEncoder {
  const tables: PositionTables = positionTables(config)
  const grid = gridOf(config)
  // One table per channel saves two float operations per byte.
  const normal = pixelMean.map((mean, c) =>
    Float32Array.from({ length: 256 }, (_, v) => (v / 255 - mean) / pixelStd[c]),
  )
  return {
    encode(rgb, boxes) {
      const plane = config.imageSize ** 2
      if (rgb.length !== 3 * plane)
        throw new Error(
          `A crop must be ${config.imageSize}×${config.imageSize} RGB (${3 * plane} bytes); got ${rgb.length}.`,
        )
      const image = new Float32Array(3 * plane)
      const [red, green, blue] = normal
      for (let i = 0, k = 0; i < plane; i++, k += 3) {
        image[i] = red[rgb[k]]
        image[plane + i] = green[rgb[k + 1]]
        image[2 * plane + i] = blue[rgb[k + 2]]
      }
      return {
        image,
        roi: roiAlignMatrix(boxes, grid, 1 / config.patchSize, roiSize),
        patch_positions: tables.patches,
        nucleus_positions: tables.nuclei(boxes),
      }
    },
  }
}
