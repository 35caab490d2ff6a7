import { gridOf, pixelMean, pixelStd, roiSize, type NucleusVitConfig } from './config.ts'
import { positionTables, type PositionTables } from './positions.ts'
import { roiAlignMatrix } from './roiAlign.ts'

/** The numbers of one crop as the network takes them; see NucleusVitInputs. */
export interface CropFeeds {
  readonly image: Float32Array<ArrayBuffer>
  readonly roi: Float32Array<ArrayBuffer>
  readonly patch_positions: Float32Array
  readonly nucleus_positions: Float32Array
}

/** Memory of the two large feeds of a crop that is done with, for another crop. */
export interface CropBuffers {
  readonly image: ArrayBuffer
  readonly roi: ArrayBuffer
}

/** Turns pixels and boxes into feeds; keeps the tables that depend on the configuration alone. */
export interface CropEncoder {
  /**
   * @param rgb interleaved, S·S·3 bytes
   * @param boxes xmin, ymin, xmax, ymax in crop pixels
   * @param reuse taken for the feeds where it is large enough
   */
  encode(rgb: Uint8Array, boxes: ArrayLike<number>, reuse?: CropBuffers): CropFeeds
}

export function cropEncoder(config: NucleusVitConfig): CropEncoder {
  const tables: PositionTables = positionTables(config)
  const grid = gridOf(config)
  // One table per channel saves two float operations per byte.
  const normal = pixelMean.map((mean, c) =>
    Float32Array.from({ length: 256 }, (_, v) => (v / 255 - mean) / pixelStd[c]),
  )
  return {
    encode(rgb, boxes, reuse) {
      const plane = config.imageSize ** 2
      if (rgb.length !== 3 * plane)
        throw new Error(
          `A crop must be ${config.imageSize}×${config.imageSize} RGB (${3 * plane} bytes); got ${rgb.length}.`,
        )
      const image = numbers(3 * plane, reuse?.image)
      const [red, green, blue] = normal
      for (let i = 0, k = 0; i < plane; i++, k += 3) {
        image[i] = red[rgb[k]]
        image[plane + i] = green[rgb[k + 1]]
        image[2 * plane + i] = blue[rgb[k + 2]]
      }
      const roi = numbers((boxes.length / 4) * roiSize ** 2 * grid ** 2, reuse?.roi).fill(0)
      return {
        image,
        roi: roiAlignMatrix(boxes, grid, 1 / config.patchSize, roiSize, roi),
        patch_positions: tables.patches,
        nucleus_positions: tables.nuclei(boxes),
      }
    },
  }
}

/** `length` numbers, whatever they are, in the buffer where they fit. */
function numbers(length: number, buffer?: ArrayBuffer): Float32Array<ArrayBuffer> {
  return buffer && buffer.byteLength >= 4 * length ? new Float32Array(buffer, 0, length) : new Float32Array(length)
}
