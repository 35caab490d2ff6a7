import type { StemName } from '../stem/efficientNet.ts'

/** What a nucleus detector is, apart from its weights. */
export interface DetectorConfig {
  readonly stem: StemName
  /** Channels of the decoder at strides 16, 8 and 4; divisible by `groups`. */
  readonly width: number
  /** At stride 2; likewise. */
  readonly fineWidth: number
  /** Groups that the decoder's channels are normalised in. */
  readonly groups: number
  /** Distances that an outline is told by; divisible by 4. */
  readonly rays: number
}

export const defaultDetector: DetectorConfig = {
  stem: 'efficientnet-lite0',
  width: 48,
  fineWidth: 24,
  groups: 8,
  rays: 32,
}

/** µm per pixel that pictures are given in: what a 20× slide has. */
export const detectorMpp = 0.5
/** Pixels per cell of the map of centres, in each direction. */
export const heatStride = 2
/** Pixels per cell of the map of distances. */
export const rayStride = 4
