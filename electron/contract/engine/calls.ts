import type { CurveCounts } from '../../../models/statistics/learningCurve.ts'
import type { HeldOutScore } from '../../../models/statistics/heldOutScore.ts'
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
  TrainStemTokenizerParams,
  TrainStemTokenizerResult,
  TrainTokenizerParams,
  TrainTokenizerProgress,
  TrainTokenizerResult,
} from './tokenizer.ts'

/**
 * The calls that the host makes to the engine process. Messages are structured clones (child_process with serialization
 * 'advanced', or a MessagePort in Electron), so typed arrays are sent as they are.
 */
export interface EngineCalls {
  /** Says which execution provider runs, and why not a faster one. */
  hello: { params: Record<string, never>; progress: never; result: EngineHello }
  /** Detects nuclei. Results come region by region in `progress`, each nucleus once. `result` has the total. */
  detect: { params: DetectParams; progress: DetectProgress; result: { nuclei: number; seconds: number } }
  /** Classifies given nuclei. Probabilities come crop by crop in `progress`. */
  classify: { params: ClassifyParams; progress: ClassifyProgress; result: ClassifyResult }
  /** Fine-tunes a model on labelled nuclei and writes a new model folder. */
  finetune: { params: FinetuneParams; progress: FinetuneProgress; result: FinetuneResult }
  /** Trains the head on labelled nuclei and classifies one slide with it, all from cached tokens. Writes no model. */
  tryHead: { params: TryHeadParams; progress: ClassifyProgress; result: TryHeadResult }
  /** Trains a linear layer on frozen tokens, to measure how well they separate the classes. */
  probe: { params: ProbeParams; progress: Progress; result: ProbeResult }
  /** Makes a two-dimensional map of nuclei from their tokens. */
  embed: { params: EmbedParams; progress: Progress; result: EmbedResult }
  /** Finds the nuclei whose tokens are most similar to those of a chosen nucleus. */
  alike: { params: AlikeParams; progress: never; result: { index: Uint32Array } }
  /** Classifies one nucleus twice: with its surroundings and without them. */
  surroundings: { params: AttentionParams; progress: never; result: SurroundingsResult }
  /** Finds the labelled nuclei whose tokens are most similar to those of a chosen nucleus. Uses cached tokens only. */
  nearestLabelled: { params: NearestLabelledParams; progress: never; result: NearestLabelledResult }
  /** Ranks labels by how much speaks against each, the most suspect first. Uses cached tokens only. */
  suspects: { params: LabelsParams; progress: Progress; result: SuspectsResult }
  /** Measures how the last layer gets better with more labels. Uses cached tokens only. */
  learningCurve: { params: LabelsParams; progress: Progress; result: LearningCurveResult }
  /** Returns what a nucleus and [CLS] attend to in the crop from which the nucleus is classified. */
  attention: { params: AttentionParams; progress: never; result: Attention }
  /** Trains a visual tokenizer on images and writes its folder. */
  trainTokenizer: { params: TrainTokenizerParams; progress: TrainTokenizerProgress; result: TrainTokenizerResult }
  /** Makes a visual tokenizer from the features of a model's stem and writes its folder. */
  trainStemTokenizer: {
    params: TrainStemTokenizerParams
    progress: { done: number; of: number }
    result: TrainStemTokenizerResult
  }
  /** Trains a nucleus detector and writes its folder. */
  trainDetector: { params: TrainDetectorParams; progress: TrainDetectorProgress; result: TrainDetectorResult }
  /** Shows what a tokenizer keeps of images, and how it uses its codes. */
  showTokenizer: { params: ShowTokenizerParams; progress: { done: number; of: number }; result: ShowTokenizerResult }
  /** Trains an encoder on unlabelled nuclei by masked image modelling and writes a new model folder. */
  pretrain: { params: PretrainParams; progress: PretrainProgress; result: PretrainResult }
}
export type EngineMethod = keyof EngineCalls

/**
 * How the engine's process is started. Its steps allocate much memory for a short time. Without these settings, V8's
 * young generation would grow to 80 MB, and glibc would keep a heap for each of onnxruntime's threads (see also
 * gcFlags.ts in the engine).
 */
export const engineProcess = {
  execArgv: ['--max-semi-space-size=2'],
  env: { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '131072' },
}

export interface EngineHello {
  provider: string
  providerReason: Message
  onnxruntime: string
  /** Number of threads that the engine divides its work among. */
  threads: number
  /** Memory that a training may plan with, MB; null: what is free when it starts. */
  memoryMB: number | null
}

export interface DetectParams {
  slide: string
  /** µm per level-0 pixel. */
  mpp: number
  /** Search only here; the whole slide if absent. */
  region?: Rect
  /** Searched first (what the user is looking at). */
  first?: Rect
  /** Areas that a person marked as tissue, whatever they look like, or as not tissue. */
  areas?: readonly TissueArea[]
  /** Detector folder. */
  detector: string
  /** Lowest probability at which a nucleus is kept; the detector's own if absent. */
  threshold?: number
  /** Skipped, because nuclei were searched for here before. */
  searched?: readonly Rect[]
}
export interface DetectProgress {
  done: number
  of: number
  /** Nuclei finished by this piece of work; ids are 0. */
  nuclei: Nuclei
  /** Where the search is now complete, in whole level-0 pixels. The first piece also lists where there is no tissue. */
  searched: readonly Rect[]
}

/**
 * Precision of the encoder: full, or 8-bit weights and activations in the blocks' linear layers. Training always uses
 * full.
 */
export type Precision = 'float32' | 'int8'

export interface ClassifyParams {
  slide: string
  mpp: number
  nuclei: Nuclei
  /** Model folder. */
  model: string
  /** Positions in `nuclei` to classify; the others are only context. All if absent. Lets a stopped run continue. */
  only?: Uint32Array
  first?: Rect
  /** 'int8' encodes faster on the CPU if tokens stay close to those of full precision. Default: full. */
  precision?: Precision
  /** Gives the probabilities as the network does, without the model's calibration: to fit a new one. */
  isRaw?: boolean
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
  /** True if tokens were already cached and only the head ran. */
  fromCache: boolean
  /** Precision with which the tokens were made. */
  precision: Precision
  /** Why this is not the requested precision: a sentence for the user. */
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
  /** Position of its data set in the `sets` of a training; 0 if absent. */
  set?: number
}

/** A data set that a classifier is trained on. */
export interface TrainingSet {
  /**
   * Share of the crops, relative to the other sets. Where no set has one, nuclei are drawn as if all were of one set.
   */
  share?: number
  /**
   * Positions in `classes` of the classes that the set tells apart; all if absent. The others take no part in the loss
   * of its nuclei: nobody decided that these are none of them.
   */
  known?: number[]
  /** What the model's card says of it. */
  card: Record<string, unknown>
}

/**
 * Where the encoder of a call comes from: a model folder, with or without classes, or "preset:<name>" for random
 * weights.
 */
export type EncoderSource = string

export interface ProbeParams {
  model: EncoderSource
  classes: string[]
  /** What the linear layer is trained on. The strength of its regularisation is chosen on these alone. */
  train: LabelledSlide[]
  test: LabelledSlide[]
  /**
   * One probe per seed and number of labels. The seed draws the labels, the folds and, for a preset, the encoder's
   * weights.
   */
  seeds: number[]
  /** Numbers of labels to learn from, drawn at random from all; null = all. Default: all. */
  labels?: (number | null)[]
}
export interface ProbeResult {
  runs: ProbeRun[]
  /** Number of labelled nuclei trained on. */
  labelled: number
  seconds: number
}
export interface ProbeRun {
  seed: number
  /** Number of labels that this probe learned from. */
  labelled: number
  /** Chosen weight of the prior (regularisation), relative to the weight of the labels. */
  penalty: number
  /** Accuracy at that weight on the training slides, each left out in turn; null if there was only one. */
  leftOutAccuracy: number | null
  /** Predicted classes of each test slide's labelled nuclei. */
  predicted: Uint16Array[]
}

export interface EmbedParams {
  model: EncoderSource
  slides: SlideNuclei[]
  /** Number of nuclei laid out against each other. The others are placed between the most similar of these. */
  landmarks: number
  seed: number
}
export interface EmbedResult {
  /** x, y of every nucleus, slide after slide. */
  places: Float32Array
  /** Positions of the landmarks among all nuclei, ascending. */
  landmarks: Uint32Array
  seconds: number
}

export interface AlikeParams {
  model: EncoderSource
  /** Must include the file of its tokens: this call makes none. */
  slide: SlideNuclei
  /** Position in `slide.nuclei` of the chosen one. */
  nucleus: number
  /** Number of positions wanted, the most similar first. */
  most: number
}

/** Probabilities of one nucleus by class, each row of `classes.length` numbers that add up to 1. */
export interface SurroundingsResult {
  classes: string[]
  /** As the model classifies it: in its crop, with everything around it. */
  together: Float32Array
  /** Without its surroundings. What exactly is taken away: electron/engine/calls/surroundings.ts. */
  alone: Float32Array
}

export interface NearestLabelledParams {
  model: EncoderSource
  /** The slide of the chosen nucleus, with the file of its tokens: this call makes none. */
  slide: SlideNuclei
  /** Position in `slide.nuclei` of the chosen one. */
  nucleus: number
  /** With the files of their tokens. Slides without cached tokens are left out. */
  labelled: LabelledSlide[]
  /** Number of nuclei wanted. */
  most: number
}
/** Columns of labelled nuclei, the most similar first, without the chosen one. */
export interface NearestLabelledResult {
  /** Position in the call's `labelled`, and in that slide's nuclei. */
  slide: Uint32Array
  index: Uint32Array
  /** Cosine of the tokens, −1 … 1. */
  likeness: Float32Array
  /** Labels compared. */
  of: number
  /** Labels on slides without cached tokens. */
  without: number
}

/** What is asked about labels with cached tokens. */
export interface LabelsParams {
  /** Folder of a model that did not learn from these labels; its tokens must be cached. */
  model: string
  classes: string[]
  /** With the files of their tokens. Slides without cached tokens are left out. */
  slides: LabelledSlide[]
  seed: number
}

/** Columns of the labels compared, the most suspect first. */
export interface SuspectsResult {
  /** Position in the call's slides, and in that slide's nuclei. */
  slide: Uint32Array
  index: Uint32Array
  /** 0 … 1: the mean of the two that follow. */
  score: Float32Array
  /** 1 − the probability of the labelled class by a head that did not learn from this block of tissue. */
  model: Float32Array
  /** Share of the nearest labelled nuclei in token space that have another label. */
  neighbours: Float32Array
  /** That head's most probable class: a position in the call's classes. */
  expected: Uint16Array
  /** Labels with cached tokens. If there are more than were compared, those are a random sample. */
  of: number
  /** Labels on slides without cached tokens. */
  without: number
  seconds: number
}

export interface LearningCurveResult {
  /** Held-out predictions by number of labels learned from; classes are those of the call. */
  curve: CurveCounts
  /** Labels with cached tokens. Of very many, the curve uses a random sample. */
  labels: number
  /** Labels on slides without cached tokens. */
  without: number
  seconds: number
}

export interface AttentionParams {
  model: EncoderSource
  slide: string
  mpp: number
  nuclei: Nuclei
  /** Position in `nuclei` of the nucleus whose attention is wanted. */
  nucleus: number
}

/** What is trained: the last layer; low-rank updates of attention plus the last layer; or the whole network. */
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
  /** The data sets that the slides are of; one with all classes if absent. */
  sets?: TrainingSet[]
  method: FinetuneMethod
  /** LoRA's rank; 8 if absent. */
  rank?: number
  /**
   * Whether a convolutional stem is trained with the whole network. If absent: yes on a data set, no on a reader's
   * corrections.
   */
  stem?: StemTraining
  /**
   * Memory that training may use, MB; all that is available if absent. If that is too little, it works block by block.
   */
  memoryMB?: number
  epochs?: number
  /**
   * With method 'full': weight of a loss by which the tokens also learn to tell measured features of every nucleus and
   * its surroundings, labelled or not; 0 if absent.
   */
  measuredWeight?: number
  seed: number
  /** File written while the whole network is trained. If it belongs to the same job, training continues from it. */
  checkpoint?: string
  /** Labelled nuclei that are not learned from. The parent and the new model are judged by them. */
  heldOut?: {
    slides: LabelledSlide[]
    /** What the model's record says of them. */
    record: Record<string, unknown>
  }
  /** Lineage note shown to the user. */
  title?: string
}
export interface FinetuneProgress {
  stage: 'reading' | 'encoding' | 'training' | 'scoring' | 'saving'
  step: number
  of: number
  loss?: number
  /** Loss of held-out labels at this step; only sent with the steps at which they were judged. */
  heldOutLoss?: number
  secondsLeft?: number
  /** While training works block by block: a sentence saying why. */
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
  /** How far parent and new model agree with the held-out labels. */
  heldOut?: HeldOutScore
  /** If training worked block by block: a sentence saying why. */
  note?: Message
}

export interface TryHeadParams {
  /** Parent model folder. */
  model: string
  /** Class names of the head, in order. */
  classes: string[]
  /** The slides with labels. Those without cached tokens are left out. */
  labelled: CachedSlide[]
  /** The slide that is classified. It need not have labels. */
  shown: Omit<CachedSlide, 'index' | 'label'>
  seed: number
}
/** A slide of whose nuclei only the tokens are needed. */
export type CachedSlide = Pick<LabelledSlide, 'slide' | 'mpp' | 'index' | 'label'> & {
  nuclei: Pick<Nuclei, 'count' | 'origin' | 'box'>
  /** File of their tokens. */
  tokens: string
}
export interface TryHeadResult {
  /** Number of labelled nuclei trained on, and of those left out because their slides have no cached tokens. */
  labelled: number
  leftOut: number
  /** Seconds to train the head, and for everything. */
  trainSeconds: number
  seconds: number
}

export type EngineRequest =
  | { kind: 'call'; id: number; method: EngineMethod; params: EngineCalls[EngineMethod]['params'] }
  | { kind: 'cancel'; id: number }
export type EngineReply =
  /** The first reply. `build`: what the engine was started from (electron/threads/build.ts). */
  | { kind: 'ready'; build: string }
  | { kind: 'progress'; id: number; progress: EngineCalls[EngineMethod]['progress'] }
  | { kind: 'result'; id: number; result: EngineCalls[EngineMethod]['result'] }
  | { kind: 'failure'; id: number; failure: Failure }
  | { kind: 'bug'; id: number; message: string; stack: string }
