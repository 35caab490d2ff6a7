import type { MaskedFeeds } from '../../../models/nucleusVit/pretraining.ts'
import { tokensPerNucleus } from '../../../models/nucleusVit/config.ts'
import { nucleusViewSide, pixelsPerToken } from '../../../models/tokenizer/views.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import type { DrawnMaskedCrop } from '../crops/cropStream.ts'
import type { Tokenizer } from '../tokenizer/tokenizers.ts'

/** Returns the feeds of one masked crop, with the visual tokens to predict.
 * @param share this crop's share of the step's loss
 */
export async function maskedFeeds(
  { crop, feeds }: DrawnMaskedCrop,
  tokenizer: Tokenizer,
  share = 1,
): Promise<CropFeeds & MaskedFeeds> {
  const grid = Math.sqrt(crop.mask.length)
  const patchTokens = await tokenizer.tokens(crop.patchPicture, grid * pixelsPerToken, 1)
  const nucleusTokens = crop.masked.length
    ? await tokenizer.tokens(crop.nucleusPictures, nucleusViewSide, crop.masked.length)
    : new Int32Array(0)
  const places = [...crop.mask.keys()].filter((at) => crop.mask[at])
  const mean = (count: number) => new Float32Array(count).fill(share / Math.max(1, count))
  return {
    ...feeds,
    mask: Float32Array.from(crop.mask),
    masked_patches: BigInt64Array.from(places, BigInt),
    patch_tokens: BigInt64Array.from(places, (at) => BigInt(patchTokens[at])),
    patch_weights: mean(places.length),
    masked_nuclei: BigInt64Array.from(crop.masked, BigInt),
    nucleus_tokens: BigInt64Array.from(nucleusTokens, BigInt),
    nucleus_weights: mean(tokensPerNucleus * crop.masked.length),
  }
}
