import type { Nuclei } from './nuclei.ts'
import type { Failure } from './result.ts'
import type { Rect } from './slide.ts'

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
  /** Measures the engine against the machine's limit. */
  bench: { params: BenchParams; progress: never; result: BenchResult }
}
export type EngineMethod = keyof EngineCalls

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
}
export interface DetectProgress {
  done: number
  of: number
  /** Nuclei finished by this piece of work; ids are 0. */
  nuclei: Nuclei
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
  note?: string
}

/** Labelled nuclei of one slide. */
export interface LabelledSlide {
  slide: string
  mpp: number
  /** All nuclei of the slide: unlabelled ones are context tokens. */
  nuclei: Nuclei
  /** Positions in `nuclei` that a human labelled. */
  index: Uint32Array
  /** Position in FinetuneParams.classes for each of `index`. */
  label: Uint16Array
  tokens?: string
}

export interface FinetuneParams {
  /** Parent model folder. */
  model: string
  /** New model folder; must not exist. */
  out: string
  /** Class names of the new model's head, in order. */
  classes: string[]
  slides: LabelledSlide[]
  method: 'head' | 'full'
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
}
export interface FinetuneResult {
  model: string
  weightsHash: string
  steps: number
  firstLoss: number
  lastLoss: number
  labelled: number
  seconds: number
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

export interface BenchParams {
  /** Network sizes to measure, by preset name. */
  presets: string[]
  /** How often each is measured; the median counts. */
  rounds: number
}
/** Ratios to onnxruntime's own 1024³ matrix product in the same run; wholeSlide is a ratio to the bare forward pass. */
export interface BenchResult {
  forward: Record<string, number>
  train: Record<string, number>
  wholeSlide: number
  /** 8-bit encoding: speed as a ratio to full precision, smallest cosine of the two tokens of a nucleus. */
  int8: { preset: string; speed: number; cosine: number }
  /** Seconds to train a head on 20,000 kept tokens of width 192 to convergence, and to re-score 500,000. */
  head: { trainSeconds: number; rescoreSeconds: number }
  matMulGflops: number
}
