/** Data sets by path, and which of their images: names separated by commas; with a leading !, all except these. */
export interface TokenizerData {
  data: string[]
  tiles?: string
}
export interface TrainTokenizerParams extends TokenizerData {
  /** New tokenizer folder; must not exist. `checkpoint` is a file beside it. */
  out: string
  checkpoint: string
  /** Continue from the checkpoint, which must belong to the same job. */
  resume: boolean
  vocabulary: number
  /** How stains are normalised: by the mean and spread of each image, or of all the data. */
  stains: 'picture' | 'data'
  /** Target perplexity of the tokens: e to their entropy, 2 … vocabulary. Absent: as even as possible. */
  perplexity?: number
  /** Length of the whole training. A resumed training keeps its own. */
  length: { readonly steps: number } | { readonly minutes: number }
  seed: number
  title?: string
  licence?: string
}
export interface TrainTokenizerProgress {
  step: number
  of: number
  /** Mean squared error of the stain planes; a grey image has 1. */
  error: number
  secondsLeft: number
}
export interface TrainTokenizerResult {
  /** The new folder. */
  tokenizer: string
  weightsHash: string
  steps: number
  firstError: number
  lastError: number
  seconds: number
}

export interface TrainStemTokenizerParams extends TokenizerData {
  /** Model folder whose stem is used. */
  model: string
  /** New tokenizer folder; must not exist. */
  out: string
  /** Number of codes for patches, and as many for nuclei. */
  vocabulary: number
  /** Number of crops whose features are clustered: of each, 64 patches and all nuclei. */
  crops: number
  seed: number
  title?: string
  licence?: string
}
export interface TrainStemTokenizerResult {
  tokenizer: string
  weightsHash: string
  seconds: number
}

export interface ShowTokenizerParams extends TokenizerData {
  /** A tokenizer folder, or DALL-E's published encoder. */
  tokenizer: string
  /** New folder for the images. */
  out: string
  /** Number of images to write. */
  pictures: number
  seed: number
}
/** How the tokens of one kind use the codebook. */
export interface CodebookUse {
  readonly tokens: number
  /** Fraction of the codes that occur at all. */
  readonly share: number
  /** e to the entropy of the tokens: the number of equally frequent codes that would be as varied. */
  readonly perplexity: number
  /** Fraction of the tokens that are the most frequent one. */
  readonly mostFrequent: number
}
export interface ShowTokenizerResult {
  tokenizer: string
  vocabulary: number
  images: number
  crops: CodebookUse
  /** null if the data sets have no nuclei. */
  nuclei: CodebookUse | null
  /** Fraction of masked tokens that equal the nearest visible token. */
  nearestVisible: number
  /** Mean squared error of the stain planes; null if the tokenizer cannot reconstruct images. */
  error: number | null
  /** Classes of nuclei predicted from their tokens, trained on the other images; null without classes. */
  classes: { nuclei: number; accuracy: number; commonest: number } | null
  pictures: string[]
  seconds: number
}
