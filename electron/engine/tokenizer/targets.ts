import type { PretrainingTargets } from '../../../models/nucleusVit/pretraining.ts'
import { tokensPerNucleus } from '../../../models/nucleusVit/config.ts'
import { featureCounts } from '../../../models/tokenizer/stemTokenizer.ts'
import { stemRois } from '../../../models/nucleusVit/crop.ts'
import { nucleusViews, nucleusViewSide } from '../../../models/tokenizer/views.ts'
import type { MaskedCrop, SeenByTokenizer } from '../../../models/train/maskedCrop.ts'
import { openTokenizer, type Tokenizer } from './tokenizers.ts'
import { isStemTokenizer, openStemTokenizer, type StemTokenizer } from './stemTokenizers.ts'

/** Makes the visual tokens that masked image modelling predicts, with any kind of tokenizer. */
export interface VisualTargets extends Omit<PretrainingTargets, 'measured' | 'surroundings' | 'views'> {
  readonly id: string
  /** SHA-256 of everything that determines the tokens. */
  readonly hash: string
  readonly seen: SeenByTokenizer
  /** Number of features of a nucleus; 0 if tokens are not made from features. */
  readonly features: number
  /**
   * @param nuclei 'masked': tokens of the masked nuclei only, 'all': of all
   * @returns tokens of all patches [grid²], and of nuclei [n, perNucleus]; standardised features of all nuclei
   * [N, features], if there are any
   */
  of(crop: MaskedCrop, nuclei: 'masked' | 'all'): Promise<TargetsOfCrop>
}

export interface TargetsOfCrop {
  readonly patches: Int32Array
  readonly nuclei: Int32Array
  readonly features?: Float32Array
}

/**
 * Opens a tokenizer folder, or DALL-E's published encoder, as targets.
 * @throws FailureError as openTokenizer does
 */
export async function openTargets(path: string): Promise<VisualTargets> {
  return (await isStemTokenizer(path))
    ? targetsOfCrop(await openStemTokenizer(path))
    : targetsOfPictures(await openTokenizer(path))
}

function targetsOfPictures(tokenizer: Tokenizer): VisualTargets {
  const { id, hash, vocabulary } = tokenizer
  return {
    ...{ id, hash, patchVocabulary: vocabulary, nucleusVocabulary: vocabulary, perNucleus: tokensPerNucleus },
    seen: 'pictures',
    features: 0,
    async of({ patchPicture, nucleusPictures, target, boxes, masked }, nuclei) {
      const side = Math.sqrt(target.length / 3)
      const count = nuclei === 'masked' ? masked.length : boxes.length / 4
      const views = nuclei === 'masked' ? nucleusPictures : nucleusViews(target, side, boxes)
      return {
        patches: await tokenizer.tokens(patchPicture, Math.sqrt(patchPicture.length / 3), 1),
        nuclei: count > 0 ? await tokenizer.tokens(views, nucleusViewSide, count) : new Int32Array(0),
      }
    },
  }
}

function targetsOfCrop(tokenizer: StemTokenizer): VisualTargets {
  const { id, hash, config } = tokenizer
  const { patchVocabulary, nucleusVocabulary } = config
  return {
    ...{ id, hash, patchVocabulary, nucleusVocabulary, perNucleus: 1 },
    seen: 'crop',
    features: featureCounts(config.stem).nucleus,
    async of({ target, boxes, masked }, nuclei) {
      const side = Math.sqrt(target.length / 3)
      const { patch, nucleus, features } = await tokenizer.tokens(target, side, stemRois(boxes, side, false))
      return {
        patches: patch,
        nuclei: nuclei === 'all' ? nucleus : Int32Array.from(masked, (i) => nucleus[i]),
        features,
      }
    },
  }
}
