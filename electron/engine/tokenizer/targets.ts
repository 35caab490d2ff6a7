import type { PretrainingTargets } from '../../../models/nucleusVit/pretraining.ts'
import { tokensPerNucleus } from '../../../models/nucleusVit/config.ts'
import { stemRois } from '../../../models/nucleusVit/crop.ts'
import { nucleusViews, nucleusViewSide } from '../../../models/tokenizer/views.ts'
import type { MaskedCrop, SeenByTokenizer } from '../../../models/train/maskedCrop.ts'
import { openTokenizer, type Tokenizer } from './tokenizers.ts'
import { isStemTokenizer, openStemTokenizer, type StemTokenizer } from './stemTokenizers.ts'

/** Makes the visual tokens that masked image modelling predicts, with any kind of tokenizer. */
export interface VisualTargets extends Omit<PretrainingTargets, 'measured'> {
  readonly id: string
  /** SHA-256 of everything that determines the tokens. */
  readonly hash: string
  readonly seen: SeenByTokenizer
  /**
   * @param nuclei 'masked': tokens of the masked nuclei only, 'all': of all
   * @returns tokens of all patches [grid²], and of nuclei [n, perNucleus]
   */
  of(crop: MaskedCrop, nuclei: 'masked' | 'all'): Promise<{ patches: Int32Array; nuclei: Int32Array }>
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
    async of({ target, boxes, masked }, nuclei) {
      const side = Math.sqrt(target.length / 3)
      const asked =
        nuclei === 'all'
          ? boxes
          : Float32Array.from({ length: 4 * masked.length }, (_, k) => boxes[4 * masked[k >> 2] + (k & 3)])
      const { patch, nucleus } = await tokenizer.tokens(target, side, stemRois(asked, side, false))
      return { patches: patch, nuclei: nucleus }
    },
  }
}
