import { random } from '../../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { cropEncoder, type CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { blur, cropAt, jitterBoxes, jitterColour, type AnnotatedImage } from '../../../models/train/augment.ts'
import type { Drawn } from './cropStreamWorker.ts'
import { seedOfCrop } from './trainingRegions.ts'
import type { TrainingRecipe } from '../../../models/train/recipes.ts'

/**
 * Training crops. Crop number k is always the same, however far ahead it is drawn and even if a run was interrupted.
 */
export interface DrawnCrops<Crop, Feeds = CropFeeds> {
  /** Number of crops that together show about every training pixel once. */
  readonly cropsPerEpoch: number
  /** Returns crop number k. Ask in order: the next crops are drawn in the meantime. */
  at(k: number): Promise<Drawn<Crop, Feeds>>
  close(): Promise<void>
}

export interface TrainingCrop {
  /** Pixels of the network's input, interleaved RGB. */
  readonly rgb: Uint8Array
  /** xmin, ymin, xmax, ymax per nucleus, crop pixels. */
  readonly boxes: Float32Array
  /** Class of each nucleus, −1 = no human label. */
  readonly labels: Int16Array
  /** Position of its data set. */
  readonly set: number
  /** Index of each nucleus among the region's boxes. */
  readonly index: Uint32Array
  /** [N, measuredCount], where they are learned too */
  readonly measured?: Float32Array
}

export type SamplingRecipe = Pick<TrainingRecipe, 'zoom' | 'jitter' | 'frequencyPower' | 'blur' | 'boxJitter'>

export interface CropSource {
  /** Regions that crops are cut from. */
  readonly regions: readonly SampledRegion[]
  readonly recipe: SamplingRecipe
  readonly config: NucleusVitConfig
  readonly classes: number
  readonly seed: number
  /**
   * Share of the crops of each data set, relative to the others. If absent, the nuclei are drawn as if all were of one
   * data set.
   */
  readonly shares?: readonly number[]
}

/** What is known about a region before it is read. */
export interface SampledRegion {
  /** Class of each nucleus, −1 = no human label. */
  readonly labels: Int16Array
  /** Positions of the labelled nuclei that crops are drawn around. */
  readonly owned: Uint32Array
  /** Area in pixels at the model's scale. */
  readonly area: number
  /** Position of its data set; 0 if absent. */
  readonly set?: number
}

export interface CropSampler {
  readonly cropsPerEpoch: number
  /** Draws crop number k from a region that `read` returns at the model's scale. */
  draw(k: number, read: (region: number) => Promise<AnnotatedImage>): Promise<TrainingCrop>
}

/** Draws augmented crops around labelled nuclei. */
export function cropSampler({ regions, recipe, config, classes, seed, shares }: CropSource): CropSampler {
  const side = config.imageSize
  const nuclei = regions.flatMap(({ labels, owned }, i) => Array.from(owned, (n) => ({ i, n, l: labels[n] })))
  const poolOf = (region: number) => (shares ? (regions[region].set ?? 0) : 0)
  const counts = (shares ?? [1]).map(() => new Array<number>(classes).fill(0))
  for (const { i, l } of nuclei) counts[poolOf(i)][l]++
  const scales = counts.map((ofClass, pool) => {
    const sum = ofClass.reduce((all, n) => all + (n ? n ** recipe.frequencyPower : 0), 0)
    return shares ? shares[pool] / sum : 1
  })
  const cumulative = new Float64Array(nuclei.length)
  nuclei.reduce((sum, { i, l }, k) => {
    const pool = poolOf(i)
    return (cumulative[k] = sum + scales[pool] * counts[pool][l] ** (recipe.frequencyPower - 1))
  }, 0)
  const total = cumulative[cumulative.length - 1]
  const nucleusAt = (wanted: number) => {
    let [low, high] = [0, cumulative.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulative[middle] < wanted) low = middle + 1
      else high = middle
    }
    return nuclei[low]
  }
  const labelledArea = regions.reduce((sum, { owned, area }) => sum + (owned.length > 0 ? area : 0), 0)
  return {
    // One epoch shows about every labelled pixel once, but has no more crops than there are labels.
    cropsPerEpoch: Math.max(1, Math.min(nuclei.length, Math.ceil(labelledArea / side ** 2))),
    async draw(k, read) {
      const rng = random(seedOfCrop(seed, k))
      const { i, n } = nucleusAt(rng.next() * total)
      const image = await read(i)
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
      if (recipe.blur && rng.next() < recipe.blur.part) blur(crop.rgb, side, rng.between(...recipe.blur.sigma))
      const boxes = recipe.boxJitter ? jitterBoxes(crop.boxes, recipe.boxJitter, rng) : crop.boxes
      const { labels, set = 0 } = regions[i]
      return { rgb: crop.rgb, boxes, labels: Int16Array.from(crop.index, (at) => labels[at]), set, index: crop.index }
    },
  }
}

/** A picture at the model's scale with a class for each nucleus, −1 = no human label. */
export interface LabelledImage extends AnnotatedImage {
  readonly labels: Int16Array
}

/** Draws crops on demand from pictures in memory. */
export function cropsOfImages(
  images: readonly LabelledImage[],
  how: Omit<CropSource, 'regions'>,
): DrawnCrops<TrainingCrop> {
  const regions = images.map(({ width, height, labels }) => ({
    labels,
    owned: Uint32Array.from(labels.keys()).filter((n) => labels[n] >= 0),
    area: width * height,
  }))
  const { cropsPerEpoch, draw } = cropSampler({ ...how, regions })
  const encoder = cropEncoder(how.config, { training: true })
  return {
    cropsPerEpoch,
    async at(k) {
      const crop = await draw(k, (i) => Promise.resolve(images[i]))
      return { crop, feeds: encoder.encode(crop.rgb, crop.boxes) }
    },
    close: () => Promise.resolve(),
  }
}
