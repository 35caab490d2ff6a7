import type { RgbImage } from '../../contract/index.ts'
import type { Random } from '../../../models/nn/random.ts'
import { cropAt } from '../../../models/train/augment.ts'
import { cropView, nucleusViews, nucleusViewSide } from '../../../models/tokenizer/views.ts'

/** A picture for training tokenizers. If its nuclei are unknown, random squares replace them. */
export interface TokenizerImage {
  readonly name: string
  /** xmin, ymin, xmax, ymax per nucleus, pixels; may be empty */
  readonly boxes: Float32Array
  pixels(): Promise<RgbImage>
}

/** The input of one training step. */
export interface TokenizerBatch {
  /**
   * [crops, cropSide, cropSide, 3] at half the pictures' resolution, because crops of 448 px are tokenised at 224 px
   */
  readonly crops: Uint8Array
  /** [nuclei, 32, 32, 3] */
  readonly nuclei: Uint8Array
}
/** Side of the square that a crop is made from, pixels; it covers 16×16 tokens. */
const squareSide = 256
export const cropSide = squareSide / 2
const cropsPerBatch = 3
const nucleiPerCrop = 24
/** Crops are taken at 1/zoom … zoom of the pictures' own scale, because slides differ in scale. */
const zoom = 1.5
/** Range of the sides of the squares that replace nuclei, pixels. */
const squareSides = [20, 64] as const

/** Draws a batch. It draws a set first and then a picture of it, so that small and large sets count the same.
 * @param sets pictures of each data set, none empty
 */
export async function nextBatch(sets: readonly (readonly TokenizerImage[])[], random: Random): Promise<TokenizerBatch> {
  const crops = new Uint8Array(cropsPerBatch * cropSide ** 2 * 3)
  const nuclei = new Uint8Array(cropsPerBatch * nucleiPerCrop * nucleusViewSide ** 2 * 3)
  for (let i = 0; i < cropsPerBatch; i++) {
    const set = sets[random.below(sets.length)]
    const image = set[random.below(set.length)]
    const { width, height, data } = await image.pixels()
    const size = Math.min(squareSide * zoom ** random.between(-1, 1), width, height)
    const { rgb, boxes } = cropAt(
      { width, height, rgb: data, boxes: image.boxes },
      {
        cx: random.between(size / 2, width - size / 2),
        cy: random.between(size / 2, height - size / 2),
        size,
        turns: random.below(4),
        mirror: random.next() < 0.5,
      },
      squareSide,
    )
    crops.set(cropView(rgb, squareSide, cropSide), i * cropSide ** 2 * 3)
    const chosen = boxes.length > 0 ? someBoxes(boxes, random) : squares(random)
    nuclei.set(nucleusViews(rgb, squareSide, chosen), i * nucleiPerCrop * nucleusViewSide ** 2 * 3)
  }
  return { crops, nuclei }
}

function someBoxes(boxes: Float32Array, random: Random): Float32Array {
  const out = new Float32Array(4 * nucleiPerCrop)
  for (let i = 0; i < nucleiPerCrop; i++) {
    const k = random.below(boxes.length / 4)
    out.set(boxes.subarray(4 * k, 4 * k + 4), 4 * i)
  }
  return out
}

function squares(random: Random): Float32Array {
  const out = new Float32Array(4 * nucleiPerCrop)
  for (let i = 0; i < nucleiPerCrop; i++) {
    const side = squareSides[0] * (squareSides[1] / squareSides[0]) ** random.next()
    const [x, y] = [random.between(0, squareSide - side), random.between(0, squareSide - side)]
    out.set([x, y, x + side, y + side], 4 * i)
  }
  return out
}
