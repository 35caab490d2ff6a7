import type { MaskedFeeds } from '../../../models/nucleusVit/pretraining.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { DrawnMaskedCrop } from '../crops/cropStream.ts'
import type { VisualTargets } from '../tokenizer/targets.ts'

/** Feeds of one masked crop. */
export type MaskedCropFeeds = CropFeeds & MaskedFeeds

/**
 * Returns the feeds of one masked crop, with what is to be predicted.
 * @param options.share this crop's share of the step's loss
 * @param options.measuredWeight weight of the loss of measured features
 */
export async function maskedFeeds(
  { crop, feeds }: DrawnMaskedCrop,
  { stem }: NucleusVitConfig,
  targets: VisualTargets,
  { share = 1, measuredWeight = 1 } = {},
): Promise<MaskedCropFeeds> {
  const { mask, masked, boxes, measured } = crop
  const tokens = await targets.of(crop, 'masked')
  const places = [...mask.keys()].filter((at) => mask[at])
  const mean = (count: number, weight = 1) => new Float32Array(count).fill((weight * share) / Math.max(1, count))
  const isMasked = new Float32Array(boxes.length / 4)
  for (const i of masked) isMasked[i] = 1
  return {
    ...feeds,
    mask: Float32Array.from(mask),
    ...(stem && { nucleus_mask: isMasked }),
    masked_patches: BigInt64Array.from(places, BigInt),
    patch_tokens: BigInt64Array.from(places, (at) => BigInt(tokens.patches[at])),
    patch_weights: mean(places.length),
    masked_nuclei: BigInt64Array.from(masked, BigInt),
    nucleus_tokens: BigInt64Array.from(tokens.nuclei, BigInt),
    nucleus_weights: mean(targets.perNucleus * masked.length),
    ...(measured && { measured, measured_weights: mean(boxes.length / 4, measuredWeight) }),
  }
}
