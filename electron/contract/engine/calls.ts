import type { Attention } from '../slides/attention.ts'
import type { TrainDetectorParams, TrainDetectorProgress, TrainDetectorResult } from './detector.ts'
import type { Nuclei } from '../nuclei/nuclei.ts'
import type { PretrainParams, PretrainProgress, PretrainResult } from './pretraining.ts'
import type { Failure } from '../messages/failure.ts'
import type { Message } from '../messages/message.ts'
import type { Rect } from '../slides/slide.ts'
import type { TissueArea } from '../slides/tissue.ts'
import type {
  ShowTokenizerParams,
  ShowTokenizerResult,
  TrainTokenizerParams,
  TrainTokenizerProgress,
  TrainTokenizerResult,
} from './tokenizer.ts'

/**
 * What the host asks of the engine process. Messages are structured clones (child_process with
 * serialization 'advanced', or a MessagePort in Electron), so typed arrays travel as they are.
 */
export interface EngineCalls {
  /** Which provider runs, and why not a faster one. */
  hello: { params: Record<string, never>; progress: never; result: EngineHello }
  /** Finds nuclei. Results come region by region in `progress`, each nucleus once; `result` has the total. */
  detect: { params: DetectParams; progress: DetectProgress; result: { nuclei: number; seconds: number } }
  /** Classifies given nuclei. Probabilities come crop by crop in `progress`. */
  classify: { params: ClassifyParams; progress: ClassifyProgress; result: ClassifyResult }
  /** Fine-tunes a model on labelled nuclei and writes a new model folder. */
  finetune: { params: FinetuneParams; progress: FinetuneProgress; result: FinetuneResult }
  /** A linear layer on frozen tokens: how well classes can be told apart in them. */
  probe: { params: ProbeParams; progress: Progress; result: ProbeResult }
  /** A plane map of nuclei by their tokens. */
  embed: { params: EmbedParams; progress: Progress; result: EmbedResult }
  /** The nuclei whose tokens are most like one's. */
  alike: { params: AlikeParams; progress: never; result: { index: Uint32Array } }
  /** What a nucleus and [CLS] attend to, in the crop the nucleus is classified from. */
  attention: { params: AttentionParams; progress: never; result: Attention }
  /** Trains a visual tokenizer on pictures and writes its folder. */
  trainTokenizer: { params: TrainTokenizerParams; progress: TrainTokenizerProgress; result: TrainTokenizerResult }
  /** Trains a detector of nuclei and writes its folder. */
  trainDetector: { params: TrainDetectorParams; progress: TrainDetectorProgress; result: TrainDetectorResult }
  /** What a tokenizer keeps of pictures, and how it uses its codes. */
  showTokenizer: { params: ShowTokenizerParams; progress: { done: number; of: number }; result: ShowTokenizerResult }
  /** Trains an encoder on unlabelled nuclei by masked image modelling and writes a new model folder. */
  pretrain: { params: PretrainParams; progress: PretrainProgress; result: PretrainResult }
  /** Measures the engine against the machine's limit. */
}
export type EngineMethod = keyof EngineCalls

/**
 * How the engine's process is run. Its steps make much that dies at once: V8 would let its nursery grow to 80 MB, and
 * glibc keep a heap for each of onnxruntime's threads (see also gcFlags.ts in the engine).
 */
export const engineProcess = {
  execArgv: ['--max-semi-space-size=2'],
  env: { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '131072' },
}

export interface EngineHello {
  provider: string
  providerReason: string
  onnxruntime: string
}

export interface DetectParams {
  slide: string
  /** µm per level-0 pixel. */
  mpp: number
  /** Only here; whole slide if absent. */
  region?: Rect
  /** Done first (what the user looks at). */
  first?: Rect
  /** Where a person says that there is tissue however it looks, and where there is none. */
  areas?: readonly TissueArea[]
  /** Detector folder; the classical detector where absent. */
  detector?: string
  /** Least probability of a nucleus that is kept; the detector's own where absent. */
  threshold?: number
  /** Passed over: nuclei were searched for here before. */
  searched?: readonly Rect[]
}
export interface DetectProgress {
  done: number
  of: number
  /** Nuclei finished by this piece of work; ids are 0. */
  nuclei: Nuclei
  /**
   * Where nothing is left to be found by it, in whole level-0 pixels; by the first piece also where there is no tissue.
   */
  searched: readonly Rect[]
}

/** Of the encoder: full, or 8-bit weights and activations in the blocks' linear layers. Training is always in full. */
export type Precision = 'float32' | 'int8'

export interface ClassifyParams {
  slide: string
  mpp: number
  nuclei: Nuclei
  /** Model folder. */
  model: string
  /** Positions in `nuclei` to classify, the others being context only; all if absent. Lets a stopped run go on. */
  only?: Uint32Array
  first?: Rect
  /** 'int8' encodes faster on the processor where tokens stay close to full precision, which is the default. */
  precision?: Precision
  /** File for the nuclei's tokens (rebuildable cache); none kept if absent. */
  tokens?: string
}
export interface ClassifyProgress {
  done: number
  of: number
  /** Positions in `params.nuclei` finished by this piece of work. */
  index: Uint32Array
  /** index.length × classes, rows sum to 1. */
  probabilities: Float32Array
}
export interface ClassifyResult {
  classes: string[]
  provider: string
  seconds: number
  /** True where tokens were already cached and only the head ran. */
  fromCache: boolean
  /** What the tokens were made with. */
  precision: Precision
  /** Why that is not what was asked for: a sentence for the user. */
  note?: Message
}

export interface Progress {
  done: number
  of: number
}

/** All nuclei of one slide. */
export interface SlideNuclei {
  slide: string
  mpp: number
  nuclei: Nuclei
  /** File for their tokens (rebuildable cache); none kept if absent. */
  tokens?: string
}

/** Labelled nuclei of one slide; the unlabelled ones are context tokens. */
export interface LabelledSlide extends SlideNuclei {
  /** Positions in `nuclei` that a human labelled. */
  index: Uint32Array
  /** Position in the call's `classes` for each of `index`. */
  label: Uint16Array
}

/**
 * Where the encoder of a call comes from: a model folder, with or without classes, or "preset:<name>" for random
 * weights.
 */
export type EncoderSource = string

export interface ProbeParams {
  model: EncoderSource
  classes: string[]
  /** What the linear layer learns from; how strongly it is held back is chosen on these alone. */
  train: LabelledSlide[]
  test: LabelledSlide[]
  /** One probe each: they draw the folds and, for a preset, the encoder's weights. */
  seeds: number[]
}
export interface ProbeResult {
  runs: ProbeRun[]
  /** Labelled nuclei learned from. */
  labelled: number
  seconds: number
}
export interface ProbeRun {
  seed: number
  /** Weight of the prior that was chosen, in parts of the labels' own. */
  penalty: number
  /** Accuracy at that weight on the training slides left out in turn; null where there was but one. */
  leftOutAccuracy: number | null
  /** Classes of each test slide's labelled nuclei. */
  predicted: Uint16Array[]
}

export interface EmbedParams {
  model: EncoderSource
  slides: SlideNuclei[]
  /** Nuclei laid out against each other; the others are placed between the most alike of these. */
  landmarks: number
  seed: number
}
export interface EmbedResult {
  /** x, y of every nucleus, slide after slide. */
  places: Float32Array
  /** Positions of the landmarks among them, rising. */
  landmarks: Uint32Array
  seconds: number
}

export interface AlikeParams {
  model: EncoderSource
  /** With the file of its tokens: none are made for this. */
  slide: SlideNuclei
  /** Position in `slide.nuclei` of the chosen one. */
  nucleus: number
  /** Positions wanted, the most alike first. */
  most: number
}

export interface AttentionParams {
  model: EncoderSource
  slide: string
  mpp: number
  nuclei: Nuclei
  /** Position in `nuclei` of the one that looks. */
  nucleus: number
}

/** The last layer; low-rank updates of attention and the last layer; or the whole network. */
export const finetuneMethods = ['head', 'lora', 'full'] as const
export type FinetuneMethod = (typeof finetuneMethods)[number]

export const stemTrainings = ['trained', 'frozen'] as const
export type StemTraining = (typeof stemTrainings)[number]

export interface FinetuneParams {
  /** Parent model folder. */
  model: string
  /** New model folder; must not exist. */
  out: string
  /** Class names of the new model's head, in order. */
  classes: string[]
  slides: LabelledSlide[]
  method: FinetuneMethod
  /** LoRA's bottleneck; 8 where absent. */
  rank?: number
  /**
   * Whether a convolutional stem trains with the whole network; where absent, on a data set but not on a reader's
   * corrections.
   */
  stem?: StemTraining
  /** Memory that training may take, MB; what is available where absent. With less it works block by block. */
  memoryMB?: number
  epochs?: number
  seed: number
  /** File kept while the whole network is trained, and gone on from where it is of the same job. */
  checkpoint?: string
  /** Lineage note shown to the user. */
  title?: string
}
export interface FinetuneProgress {
  stage: 'reading' | 'encoding' | 'training' | 'saving'
  step: number
  of: number
  loss?: number
  secondsLeft?: number
  /** A sentence saying why training works block by block, while it does. */
  note?: Message
}
export interface FinetuneResult {
  model: string
  weightsHash: string
  steps: number
  firstLoss: number
  lastLoss: number
  labelled: number
  seconds: number
  /** A sentence saying why training worked block by block, where it did. */
  note?: Message
}

export type EngineRequest =
  | { kind: 'call'; id: number; method: EngineMethod; params: EngineCalls[EngineMethod]['params'] }
  | { kind: 'cancel'; id: number }
export type EngineReply =
  | { kind: 'ready' }
  | { kind: 'progress'; id: number; progress: EngineCalls[EngineMethod]['progress'] }
  | { kind: 'result'; id: number; result: EngineCalls[EngineMethod]['result'] }
  | { kind: 'failure'; id: number; failure: Failure }
  | { kind: 'bug'; id: number; message: string; stack: string }
