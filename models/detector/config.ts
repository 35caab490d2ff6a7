import type { StemName } from '../stem/efficientNet.ts'

/** The structure of a nucleus detector, without its weights. */
export interface DetectorConfig {
  readonly stem: StemName
  /** Channels of the decoder at strides 16, 8 and 4; divisible by `groups`. */
  readonly width: number
  /** Channels of the decoder at stride 2; divisible by `groups`. */
  readonly fineWidth: number
  /** Groups of channels that the decoder normalises together. */
  readonly groups: number
  /** Number of rays along which an outline is followed, and so of its corners; divisible by 4. */
  readonly rays: number
  /** µm per pixel of the input. */
  readonly mpp: number
}

export const defaultDetector: DetectorConfig = {
  stem: 'efficientnet-lite0',
  width: 48,
  fineWidth: 24,
  groups: 8,
  rays: 32,
  mpp: 0.4,
}

/** Range of µm per pixel that a detector may see: the margin of a region must hold a ray, and a nucleus some cells. */
export const detectorMpp = { least: 0.3, most: 1 } as const
/** Pixels per cell of the network's maps, in each direction. */
export const cellSize = 2
