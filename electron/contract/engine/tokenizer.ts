/** Data sets by path, and which of their pictures: names by commas, with a leading ! all but these. */
export interface TokenizerData {
  data: string[]
  tiles?: string
}
export interface TrainTokenizerParams extends TokenizerData {
  /** New tokenizer folder; must not exist. Its checkpoint lies beside it under `checkpoint`. */
  out: string
  checkpoint: string
  /** Go on from the checkpoint, which must be of the same job. */
  resume: boolean
  vocabulary: number
  /** Whose mean and spread are taken out of the stains: each picture's own, or those of all the data. */
  stains: 'picture' | 'data'
  /** How varied tokens shall be: e to their entropy, 2 … vocabulary. Absent: as even as they come. */
  perplexity?: number
  /** Of the whole training; one that is resumed keeps its own. */
  length: { readonly steps: number } | { readonly minutes: number }
  seed: number
  title?: string
  licence?: string
}
export interface TrainTokenizerProgress {
  step: number
  of: number
  /** Mean squared error of the stain planes; 1 is that of a grey picture. */
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

export interface ShowTokenizerParams extends TokenizerData {
  /** A tokenizer folder, or DALL-E's published encoder. */
  tokenizer: string
  /** New folder for the pictures. */
  out: string
  /** How many pictures are written. */
  pictures: number
  seed: number
}
/** How a codebook is used by the tokens of one kind. */
export interface CodebookUse {
  readonly tokens: number
  /** Part of the codes that occur at all. */
  readonly share: number
  /** e to the entropy of the tokens: the number of equally frequent codes that would be as varied. */
  readonly perplexity: number
  /** Part of the tokens that are the most frequent one. */
  readonly mostFrequent: number
}
export interface ShowTokenizerResult {
  tokenizer: string
  vocabulary: number
  images: number
  crops: CodebookUse
  /** null where the data sets name no nuclei. */
  nuclei: CodebookUse | null
  /** Part of masked tokens that the nearest visible one tells. */
  nearestVisible: number
  /** Mean squared error of the stain planes; null where the tokenizer gives no pictures back. */
  error: number | null
  /** A nucleus's class told from its tokens, learned on the other images; null without classes. */
  classes: { nuclei: number; accuracy: number; commonest: number } | null
  pictures: string[]
  seconds: number
}
