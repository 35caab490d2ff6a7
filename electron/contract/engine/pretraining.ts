import type { Nuclei } from '../nuclei/nuclei.ts'

/** A slide or image with its nuclei, labelled or not. */
export interface NucleiSource {
  readonly slide: string
  /** µm per level-0 pixel. */
  readonly mpp: number
  readonly nuclei: Nuclei
  /** Number of its data set; 0 if absent. Each data set is used equally often, whatever its size. */
  readonly set?: number
}

/**
 * Network sizes that the page offers for pre-training. The paper's size, base, takes many nights: command line only.
 */
export const pretrainablePresets = ['tiny-near', 'tiny', 'tiny-fine', 'small'] as const
/**
 * Where the page lets pre-training start: from the encoder of the model in use, or from random weights of a size. The
 * first is the default.
 */
export const pretrainingStarts = ['model-in-use', ...pretrainablePresets] as const
export type PretrainingStart = (typeof pretrainingStarts)[number]

/**
 * What is predicted: visual tokens of masked patches (the paper's L_patch), of masked nuclei (L_inst), and measured
 * features of all nuclei and their surroundings; the features that a stem has of nuclei, and their means over the
 * surroundings; last, nothing, but nuclei are to be alike in two views of a crop. All but the first two are our own
 * extensions.
 */
export const pretrainingLosses = ['patches', 'nuclei', 'measured', 'surroundings', 'views'] as const
export type PretrainingLoss = (typeof pretrainingLosses)[number]

/** What is predicted unless something else is asked for. */
export const defaultLosses = (hasStem: boolean): readonly PretrainingLoss[] =>
  hasStem ? ['patches', 'nuclei', 'measured', 'surroundings'] : ['patches', 'nuclei']

export interface PretrainParams {
  sources: NucleiSource[]
  /** Never trained on. Masked tokens are predicted on them at the end. */
  heldOut: NucleiSource[]
  /**
   * Fraction of the sources' own regions that is held out too (0 to 1; none if absent). A single region is never held
   * out.
   */
  heldOutShare?: number
  /** Folder of the model whose encoder is trained on, or "preset:<name>": random weights. */
  model: string
  /** Visual tokenizer: a tokenizer folder, or DALL-E's published encoder. */
  tokenizer: string
  /** Added up with equal weights; at least one. */
  losses: readonly PretrainingLoss[]
  /** Length of training: one of these. Minutes are converted to steps by timing the first steps. */
  length: { readonly steps: number } | { readonly epochs: number } | { readonly minutes: number }
  /** End before that when the held-out accuracy of masked tokens no longer rises. */
  untilFlat?: boolean
  seed: number
  /** New model folder; must not exist. */
  out: string
  /** File written while training. If it belongs to the same job, training continues from it. */
  checkpoint: string
  /** Only continue: fails if the checkpoint does not belong to this job. */
  resume?: boolean
  title?: string
}
export interface PretrainProgress {
  stage: 'reading' | 'training' | 'scoring' | 'saving'
  step: number
  of: number
  loss?: number
  secondsLeft?: number
}
/** Fraction of masked tokens predicted correctly, by the network and by two baselines without a network. */
export interface MaskedTokenScore {
  readonly tokens: number
  readonly accuracy: number
  /** Baseline: always predict the most frequent of the scored tokens. */
  readonly mostFrequent: number
  /** Baseline: predict the token of the nearest visible place. */
  readonly nearestVisible: number
}
export interface PretrainResult {
  model: string
  weightsHash: string
  steps: number
  /** Crops that the network saw. */
  crops: number
  firstLoss: number
  lastLoss: number
  /** Scores on the held-out data; null if nothing was held out. `nuclei` is null if no nucleus was masked. */
  heldOut: { patches: MaskedTokenScore; nuclei: MaskedTokenScore | null } | null
  /**
   * Held-out accuracy of masked tokens while training, on a few regions; empty if nothing was held out.
   */
  curve: { step: number; patches: number; nuclei: number | null }[]
  /** Seconds that training waited for crops to be drawn. */
  waited: number
  seconds: number
}
