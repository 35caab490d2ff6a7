import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import type { Random } from '../../models/nn/random.ts'
import { cropAt, jitterColour } from '../../models/train/augment.ts'
import type { TrainingRecipe } from './recipes.ts'
import type { TrainingImage } from './trainingImages.ts'

export interface TrainingCrop {
  /** Pixels of the network's input, interleaved RGB. */
  readonly rgb: Uint8Array
  /** xmin, ymin, xmax, ymax per nucleus, crop pixels. */
  readonly boxes: Float32Array
  /** Class of each nucleus, −1 = no human said. */
  readonly labels: Int16Array
}

export interface CropSampler {
  next(): TrainingCrop
  readonly cropsPerEpoch: number
}

export interface CropSource {
  readonly images: readonly TrainingImage[]
  readonly recipe: TrainingRecipe
  readonly config: NucleusVitConfig
  readonly classes: number
  readonly random: Random
}

/** Draws augmented crops around labelled nuclei. */
export function cropSampler({ images, recipe, config, classes, random: rng }: CropSource): CropSampler {
  const side = config.imageSize
  const nuclei = images.flatMap((image, i) =>
    [...image.labels.entries()].filter(([, l]) => l >= 0).map(([n, l]) => ({ i, n, l })),
  )
  const counts = new Array<number>(classes).fill(0)
  for (const { l } of nuclei) counts[l]++
  const cumulative = new Float64Array(nuclei.length)
  nuclei.reduce((sum, { l }, k) => (cumulative[k] = sum + counts[l] ** (recipe.frequencyPower - 1)), 0)
  const total = cumulative[cumulative.length - 1]
  const pick = () => {
    const wanted = rng.next() * total
    let [low, high] = [0, cumulative.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulative[middle] < wanted) low = middle + 1
      else high = middle
    }
    return nuclei[low]
  }
  const labelledArea = images.reduce(
    (sum, { width, height, labels }) => sum + (labels.some((l) => l >= 0) ? width * height : 0),
    0,
  )
  return {
    // One epoch sees about every labelled pixel once, but no more crops than there are labels.
    cropsPerEpoch: Math.max(1, Math.min(nuclei.length, Math.ceil(labelledArea / side ** 2))),
    next() {
      const { i, n } = pick()
      const image = images[i]
      const size = side * recipe.zoom ** rng.between(-1, 1)
      const place = (low: number, high: number, length: number) => {
        const centre = (low + high) / 2 + rng.between(-0.42, 0.42) * size
        return length <= size ? length / 2 : Math.min(Math.max(centre, size / 2), length - size / 2)
      }
      const crop = cropAt(
        image,
        {
          cx: place(image.boxes[4 * n], image.boxes[4 * n + 2], image.width),
          cy: place(image.boxes[4 * n + 1], image.boxes[4 * n + 3], image.height),
          size,
          turns: rng.below(4),
          mirror: rng.next() < 0.5,
        },
        side,
      )
      jitterColour(crop.rgb, recipe.jitter, rng)
      return { rgb: crop.rgb, boxes: crop.boxes, labels: Int16Array.from(crop.index, (k) => image.labels[k]) }
    },
  }
}
