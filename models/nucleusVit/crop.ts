import { stemPixel } from '../stem/efficientNet.ts'
import { roiSamples, withTranspose } from '../stem/roiSamples.ts'
import { gridOf, pixelMean, pixelStd, roiSize, roiStrides, type NucleusVitConfig } from './config.ts'
import { positionTables, type PositionTables } from './positions.ts'
import { roiAlignMatrix } from './roiAlign.ts'
import { roiFeedNames } from './stemEmbedding.ts'

/**
 * The arrays that the network takes for one crop, named like its inputs (NucleusVitInputs). A network without a stem
 * takes `roi`; one with a stem takes the sparse matrices of roiFeedNames.
 */
export interface CropFeeds {
  readonly image: Float32Array<ArrayBuffer>
  readonly patch_positions: Float32Array
  readonly nucleus_positions: Float32Array
  readonly [roi: string]: Float32Array | BigInt64Array
}

/** Memory of the large arrays of a finished crop, to be reused for another crop. */
export interface CropBuffers {
  readonly image: ArrayBuffer
  readonly roi?: ArrayBuffer
}

/** CropFeeds for another thread, without the patch positions: these are the same for every crop and are not sent. */
export interface SentFeeds extends Omit<CropFeeds, 'patch_positions'> {
  readonly image: Float32Array<ArrayBuffer>
  readonly nucleus_positions: Float32Array
}
export function withoutPatchPositions(feeds: CropFeeds): SentFeeds {
  return Object.fromEntries(
    Object.entries(feeds).filter(([name]) => name !== 'patch_positions'),
  ) as unknown as SentFeeds
}
/** Returns the buffers that may be transferred to another thread: all but the patch positions. */
export const buffersOf = (feeds: SentFeeds | CropFeeds): ArrayBuffer[] =>
  Object.entries(feeds).flatMap(([name, { buffer }]) => (name === 'patch_positions' ? [] : [buffer as ArrayBuffer]))
/** Returns the large buffers, which another crop can reuse. */
export const reusable = ({ image, roi }: CropFeeds | SentFeeds): CropBuffers => ({
  image: image.buffer,
  ...(roi && { roi: roi.buffer as ArrayBuffer }),
})

/** Turns pixels and boxes into feeds. Keeps the tables that depend on the configuration alone. */
export interface CropEncoder {
  /**
   * @param rgb interleaved, S·S·3 bytes
   * @param boxes xmin, ymin, xmax, ymax in crop pixels
   * @param reuse memory for the feeds; used where it is large enough
   */
  encode(rgb: Uint8Array, boxes: ArrayLike<number>, reuse?: CropBuffers): CropFeeds
}

export interface CropEncoderOptions {
  /** Also make the feeds that only gradients need. */
  readonly training?: boolean
}

export function cropEncoder(config: NucleusVitConfig, { training = false }: CropEncoderOptions = {}): CropEncoder {
  const tables: PositionTables = positionTables(config)
  const grid = gridOf(config)
  // A lookup table per channel saves two float operations per byte.
  const normal = pixelMean.map((mean, c) =>
    Float32Array.from({ length: 256 }, (_, v) => (config.stem ? stemPixel(v) : (v / 255 - mean) / pixelStd[c])),
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
      const positions = { patch_positions: tables.patches, nucleus_positions: tables.nuclei(boxes) }
      if (config.stem) return { image, ...positions, ...stemRois(boxes, config.imageSize, training) }
      const roi = numbers((boxes.length / 4) * roiSize ** 2 * grid ** 2, reuse?.roi).fill(0)
      return { image, roi: roiAlignMatrix(boxes, grid, 1 / config.patchSize, roiSize, roi), ...positions }
    },
  }
}

/** Returns RoIAlign over the stem's maps, by the names of its feeds. Boxes are clipped to the crop. */
export function stemRois(
  boxes: ArrayLike<number>,
  side: number,
  training: boolean,
): Record<string, Float32Array | BigInt64Array> {
  const inside = Float64Array.from(boxes, (v) => Math.min(Math.max(v, 0), side))
  const feeds: Record<string, Float32Array | BigInt64Array> = {}
  for (const stride of roiStrides) {
    const name = roiFeedNames(stride)
    const cells = side / stride
    const forward = roiSamples(inside, cells, 1 / stride, roiSize)
    feeds[name.index] = forward.index
    feeds[name.weight] = forward.weight
    if (!training) continue
    const { backIndex, backWeight } = withTranspose(forward, cells * cells)
    feeds[name.backIndex] = backIndex
    feeds[name.backWeight] = backWeight
  }
  return feeds
}

/** Returns an array of `length` numbers with undefined content, in the given buffer if they fit. */
function numbers(length: number, buffer?: ArrayBuffer): Float32Array<ArrayBuffer> {
  return buffer && buffer.byteLength >= 4 * length ? new Float32Array(buffer, 0, length) : new Float32Array(length)
}
