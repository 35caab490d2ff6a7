import type { Nuclei } from '../nuclei/nuclei.ts'

/** A slide or picture with its nuclei, labelled or not. */
export interface NucleiSource {
  readonly slide: string
  /** µm per level-0 pixel. */
  readonly mpp: number
  readonly nuclei: Nuclei
  /** Which data set it is of, 0 where absent: each is met as often as the others, however large. */
  readonly set?: number
}

/** Network sizes that the page offers for pre-training; the paper's, base, is for the command line and many nights. */
export const pretrainablePresets = ['tiny-near', 'tiny', 'tiny-fine', 'small'] as const
export type PretrainablePreset = (typeof pretrainablePresets)[number]

export interface PretrainParams {
  sources: NucleiSource[]
  /** Never trained on: masked tokens are told on them at the end. */
  heldOut: NucleiSource[]
  /**
   * This part of the sources' own regions is held out, too (0 to 1; none where absent). One region alone is learned
   * from.
   */
  heldOutShare?: number
  /** Network size by preset name. */
  preset: string
  /** Visual tokenizer: a tokenizer folder, or DALL-E's published encoder. */
  tokenizer: string
  /** Whether tokens of masked nuclei are predicted too (the paper's L_inst). */
  instanceLoss: boolean
  /** How long: one of these. Minutes are measured on the first steps and become a number of steps. */
  length: { readonly steps: number } | { readonly epochs: number } | { readonly minutes: number }
  seed: number
  /** New model folder; must not exist. */
  out: string
  /** Kept while training, gone on from where it is of the same job. */
  checkpoint: string
  /** Only go on: fails where the checkpoint is not of this job. */
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
/** Share of masked tokens told right, by the network and by two ways that need none. */
export interface MaskedTokenScore {
  readonly tokens: number
  readonly accuracy: number
  /** Always the token that is most frequent among those scored. */
  readonly mostFrequent: number
  /** The token of the nearest visible place. */
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
  /** On what was held out; null where nothing was. `nuclei` is null where none was masked. */
  heldOut: { patches: MaskedTokenScore; nuclei: MaskedTokenScore | null } | null
  /** Seconds that training waited for crops to be drawn. */
  waited: number
  seconds: number
}
