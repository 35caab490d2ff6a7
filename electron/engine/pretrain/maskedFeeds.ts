import type { MaskedFeeds } from '../../../models/nucleusVit/pretraining.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { MaskedCrop } from '../../../models/train/maskedCrop.ts'
import type { DrawnMaskedCrop } from '../crops/cropStream.ts'
import { surroundings } from '../../../models/train/surroundings.ts'
import type { VisualTargets } from '../tokenizer/targets.ts'

/** Feeds of one masked crop. */
export type MaskedCropFeeds = CropFeeds & MaskedFeeds

/**
 * Returns the feeds of one masked crop, with what is to be predicted.
 * @param options.share this crop's share of the step's loss
 * @param options.featureWeight weight of each loss of features
 * @param options.mpp µm per pixel of the crop; given if features of surroundings are to be predicted
 */
export async function maskedFeeds(
  { crop, feeds }: DrawnMaskedCrop,
  { stem }: NucleusVitConfig,
  targets: VisualTargets,
  { share = 1, featureWeight = 1, mpp }: { share?: number; featureWeight?: number; mpp?: number } = {},
): Promise<MaskedCropFeeds> {
  const { mask, masked, boxes, measured } = crop
  const tokens = await targets.of(crop, 'masked')
  const places = [...mask.keys()].filter((at) => mask[at])
  const mean = (count: number, weight = 1) => new Float32Array(count).fill((weight * share) / Math.max(1, count))
  const nuclei = boxes.length / 4
  const masks = masksOf(crop, nuclei)
  return {
    ...feeds,
    ...(stem ? masks : { mask: masks.mask }),
    masked_patches: BigInt64Array.from(places, BigInt),
    patch_tokens: BigInt64Array.from(places, (at) => BigInt(tokens.patches[at])),
    patch_weights: mean(places.length),
    masked_nuclei: BigInt64Array.from(masked, BigInt),
    nucleus_tokens: BigInt64Array.from(tokens.nuclei, BigInt),
    nucleus_weights: mean(targets.perNucleus * masked.length),
    ...(measured && { measured, measured_weights: mean(nuclei, featureWeight) }),
    ...(mpp !== undefined &&
      tokens.features && {
        surroundings: surroundings(tokens.features, boxes, mpp),
        surroundings_weights: mean(nuclei, featureWeight),
      }),
    ...(crop.second && {
      view_weights: new Float32Array(nuclei).fill(1 / Math.max(1, nuclei)),
      view_share: Float32Array.of(share),
    }),
  }
}

/** Returns what is masked of a crop: [1, grid², 1] of its patches and [1, N, 1] of its nuclei. */
export function masksOf({ mask, masked }: Pick<MaskedCrop, 'mask' | 'masked'>, nuclei: number) {
  const isMasked = new Float32Array(nuclei)
  for (const i of masked) isMasked[i] = 1
  return { mask: Float32Array.from(mask), nucleus_mask: isMasked }
}
