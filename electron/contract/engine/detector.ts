import type { Rect } from '../slides/slide.ts'

/** Images that a detector is trained on, and how often each source is used. */
export interface DetectorSource {
  /** A data set, or a slide with regions named in `empty`. */
  data: string
  /** Image names separated by commas. With a leading !, all except these. */
  tiles?: string
  /** Share of the crops, relative to the other sources. */
  share: number
  /** µm/px of images whose files do not give it. */
  mpp?: number
  /** If the magnification is unknown: median diameter, µm, to which an image's nuclei are scaled. */
  medianDiameter?: number
  /** True if its masks merge touching nuclei. Only objects that look like one nucleus are then learned. */
  merged?: boolean
  /** Regions without any nucleus, in level-0 pixels; nothing else of the slide is used. */
  empty?: Rect[]
}

export interface TrainDetectorParams {
  sources: DetectorSource[]
  /** Starting weights: a detector folder, whose training continues with new crops, or a model folder with a stem. */
  start: { readonly detector: string } | { readonly stem: string }
  /** New detector folder; must not exist. `checkpoint` is a file beside it. */
  out: string
  checkpoint: string
  /** Continue from the checkpoint, which must belong to the same job. */
  resume: boolean
  length: { readonly steps: number } | { readonly minutes: number }
  /** µm per pixel that the detector sees; if absent, that of the starting detector, or the usual one. */
  mpp?: number
  seed: number
  /** Number of threads that onnxruntime may use; all if absent. */
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
