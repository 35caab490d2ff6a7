import { z } from 'zod'
import { readDescribedFolder, writeDescribedFolder, type DescribedFolder } from './describedFolder.ts'
import { stems, type StemName } from '../../../models/stem/efficientNet.ts'
import type { StemTokenizerConfig } from '../../../models/tokenizer/stemTokenizer.ts'
import type { TensorsToStore } from './safetensors.ts'

/** Largest vocabulary: eight times DALL-E's. With a larger one, the network's head would outweigh the network. */
export const vocabularyLimit = 65_536

const width = z.int().min(1).max(4096)
const spread = z.number().positive()
const vocabulary = z.int().min(2).max(vocabularyLimit)
const stainArchitecture = z.object({
  widths: z.tuple([width, width, width]),
  blocks: z.int().min(0).max(16),
  codeWidth: width,
  vocabulary,
  scale: z.object({ mean: z.tuple([z.number(), z.number()]), spread: z.tuple([spread, spread]) }).optional(),
  perplexity: z.number().min(2).optional(),
})
const stemArchitecture = z.object({
  stem: z.enum(Object.keys(stems) as [StemName]),
  patchVocabulary: vocabulary,
  nucleusVocabulary: vocabulary,
  mpp: z.number().positive(),
})
type Architecture = z.infer<typeof stainArchitecture> | z.infer<typeof stemArchitecture>
/** Whether a tokenizer's tokens come from the features of a frozen stem. */
export const isStemArchitecture = (architecture: Architecture): architecture is StemTokenizerConfig =>
  'stem' in architecture

/** `tokenizer.json`. A tokenizer's folder also holds `weights.safetensors` and `README.md` (the card). */
const tokenizerJsonSchema = z.object({
  format: z.literal('karyon-tokenizer'),
  version: z.literal(1),
  id: z.string().min(1),
  title: z.string().min(1),
  architecture: z.union([stainArchitecture, stemArchitecture]),
  created: z.string(),
  licence: z.string(),
  /** What it was trained on and how, for the record. */
  training: z.record(z.string(), z.unknown()),
  /** SHA-256 of weights.safetensors. */
  weightsHash: z.string(),
})
export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>
export type TokenizerDescription = Omit<TokenizerJson, 'format' | 'version' | 'id' | 'weightsHash'>
export type TokenizerFolder = DescribedFolder<TokenizerJson>

const kind = { name: 'tokenizer', schema: tokenizerJsonSchema }

/** Reads a tokenizer's description and weights. Throws the same as `readDescribedFolder`. */
export const readTokenizerFolder = (path: string): Promise<TokenizerFolder> => readDescribedFolder(path, kind)

/** Writes a tokenizer's folder, as `writeDescribedFolder` does. */
export const writeTokenizerFolder = (
  path: string,
  description: TokenizerDescription,
  weights: TensorsToStore,
  card: (json: TokenizerJson) => string,
): Promise<TokenizerJson> =>
  writeDescribedFolder(
    path,
    kind,
    weights,
    (id, weightsHash) => ({ format: 'karyon-tokenizer', version: 1, id, ...description, weightsHash }),
    card,
  )
