import type { Rect } from '../slides/slide.ts'

/** Pictures that a detector learns from, and how often. */
export interface DetectorSource {
  /** Data set, or a slide of which `empty` names regions. */
  data: string
  /** Names by commas, with a leading ! all but these. */
  tiles?: string
  /** Part of the crops, against the other sources'. */
  share: number
  /** µm per pixel of pictures that do not say. */
  mpp?: number
  /** Where the magnification is not known: µm that the middle one of a picture's nuclei shall measure across. */
  medianDiameter?: number
  /** Touching nuclei are one in its masks: only what looks like one nucleus is learned. */
  merged?: boolean
  /** Regions without any nucleus, in level-0 pixels; nothing else of the slide is used. */
  empty?: Rect[]
}

export interface TrainDetectorParams {
  sources: DetectorSource[]
  /** What it begins with: a detector folder, whose training goes on with new crops, or a model folder with a stem. */
  start: { readonly detector: string } | { readonly stem: string }
  /** New detector folder; must not exist. Its checkpoint lies beside it under `checkpoint`. */
  out: string
  checkpoint: string
  /** Go on from the checkpoint, which must be of the same job. */
  resume: boolean
  length: { readonly steps: number } | { readonly minutes: number }
  seed: number
  /** That onnxruntime may use; all where absent. */
  threads?: number
  title?: string
  licence?: string
}
export interface TrainDetectorProgress {
  step: number
  of: number
  loss: number
  secondsLeft: number
}
export interface TrainDetectorResult {
  /** The new folder. */
  detector: string
  weightsHash: string
  steps: number
  crops: number
  firstLoss: number
  lastLoss: number
  seconds: number
}
