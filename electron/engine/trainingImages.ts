import { FailureError, unwrap, type LabelledSlide } from '../contract/index.ts'
import { openSlide } from '../slides/index.ts'
import type { AnnotatedImage } from '../../models/train/augment.ts'
import { levelZeroBoxes } from './cropReader.ts'

/** A piece of a slide at the model's µm/px with its nuclei: what crops are cut from during training. */
export interface TrainingImage extends AnnotatedImage {
  /** Class of each nucleus, −1 = no human said. */
  readonly labels: Int16Array
}

/** Side of a block in crops: a margin of half a crop around the labelled nuclei keeps their context. */
const blockInCrops = 2

/**
 * The labelled parts of the slides, read once at the model's scale. A slide no larger than a few crops is one image; of
 * a larger one only the blocks with labels are read.
 * @param cropSize side of the network's input, pixels at the model's scale
 */
export async function trainingImages(
  slides: readonly LabelledSlide[],
  modelMpp: number,
  cropSize: number,
  onRead: (done: number, of: number) => Promise<void>,
): Promise<TrainingImage[]> {
  const images: TrainingImage[] = []
  for (const [s, slide] of slides.entries()) {
    if (slide.index.length === 0) continue
    const reader = unwrap(await openSlide(slide.slide, { mpp: slide.mpp }))
    try {
      const boxes = levelZeroBoxes(slide.nuclei)
      const labels = new Int16Array(slide.nuclei.count).fill(-1)
      slide.index.forEach((nucleus, k) => (labels[nucleus] = slide.label[k]))
      const { width, height } = reader.info
      const perPixel = modelMpp / slide.mpp // level-0 pixels per pixel at the model's scale
      for (const block of blocks(width, height, cropSize * perPixel, slide.index, boxes)) {
        const side = { width: Math.round(block.width / perPixel), height: Math.round(block.height / perPixel) }
        const { data } = await reader.region(block, side.width, side.height)
        const members = nucleiIn(block, boxes)
        images.push({
          ...side,
          rgb: data,
          boxes: Float32Array.from({ length: 4 * members.length }, (_, k) => {
            const origin = k % 2 ? block.y : block.x
            return (boxes[4 * members[k >> 2] + (k & 3)] - origin) / perPixel
          }),
          labels: Int16Array.from(members, (i) => labels[i]),
        })
      }
    } finally {
      await reader.close()
    }
    await onRead(s + 1, slides.length)
  }
  if (images.length === 0)
    throw new FailureError('empty', 'Training needs labelled nuclei, and there are none. Label some nuclei first.')
  return images
}

interface Block {
  x: number
  y: number
  width: number
  height: number
}

function blocks(width: number, height: number, crop: number, labelled: Uint32Array, boxes: Float64Array): Block[] {
  const side = blockInCrops * crop
  if (width <= 2 * side && height <= 2 * side) return [{ x: 0, y: 0, width, height }]
  const columns = Math.ceil(width / crop)
  const wanted = new Set<number>()
  for (const i of labelled) {
    const x = Math.floor((boxes[4 * i] + boxes[4 * i + 2]) / 2 / crop)
    const y = Math.floor((boxes[4 * i + 1] + boxes[4 * i + 3]) / 2 / crop)
    wanted.add(y * columns + x)
  }
  return [...wanted].map((cell) => {
    const x = Math.max(0, ((cell % columns) - 0.5) * crop)
    const y = Math.max(0, (Math.floor(cell / columns) - 0.5) * crop)
    return { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) }
  })
}

function nucleiIn({ x, y, width, height }: Block, boxes: Float64Array): number[] {
  const found: number[] = []
  for (let i = 0; i < boxes.length / 4; i++)
    if (boxes[4 * i] < x + width && boxes[4 * i + 2] > x && boxes[4 * i + 1] < y + height && boxes[4 * i + 3] > y)
      found.push(i)
  return found
}
