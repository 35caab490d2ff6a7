import { stemChannels, type StemName } from '../stem/efficientNet.ts'

/** The structure of a nucleus ViT, without its weights. Stored in model.json. */
export interface NucleusVitConfig {
  /** Token width D; divisible by heads and by 8. */
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Side of the square input crop, pixels. */
  readonly imageSize: number
  /** Side of a patch, pixels; divides imageSize. */
  readonly patchSize: number
  /**
   * 'published': the authors' sinusoid over integer pixels; 'paper': γ(t) of the paper's section 2.2; 'geometric': our
   * own codes, with which a network learns from little data which tokens are near each other.
   */
  readonly positions: 'published' | 'paper' | 'geometric'
  /** Whether RoI features are taken after positions are added (published code) or before (the paper's equation 1). */
  readonly roiFeatures: 'after-positions' | 'before-positions'
  /** Adds to each patch which parts of nuclei lie on it. Our own extension, absent in the paper's network. */
  readonly nucleiOnPatches?: boolean
  /**
   * Attention falls with distance, at a different rate in each head except the last. Our own extension, absent in the
   * paper's network.
   */
  readonly nearness?: boolean
  /** A convolutional stem instead of the patch embedding (see stemEmbedding.ts). Absent in the paper's network. */
  readonly stem?: StemName
}

const common = {
  imageSize: 448,
  patchSize: 16,
  positions: 'published',
  roiFeatures: 'after-positions',
} as const

/**
 * base is the paper's network; tiny and small are for workstations without a GPU. tiny-fine halves the side of a patch
 * and covers a quarter of the area: a crop costs the same and four times as many crops are needed, but the network
 * learns much faster from little data. tiny-near is tiny over a quarter of the area, with the paper's RoI features and
 * four extensions of ours: positions and initial weights that suit little data, attention that falls with distance, and
 * patches that know which nuclei lie on them. It is for masked image modelling on little data (figures in
 * docs/preTraining.md). stem-tiny has a convolutional stem that was trained on photographs.
 */
export const presets = {
  tiny: { width: 192, layers: 6, heads: 3, ...common },
  'tiny-fine': { width: 192, layers: 6, heads: 3, ...common, imageSize: 224, patchSize: 8 },
  'tiny-near': {
    width: 192,
    layers: 6,
    heads: 3,
    ...common,
    imageSize: 224,
    positions: 'geometric',
    roiFeatures: 'before-positions',
    nucleiOnPatches: true,
    nearness: true,
  },
  small: { width: 384, layers: 12, heads: 6, ...common },
  base: { width: 768, layers: 12, heads: 12, ...common },
  'stem-tiny': {
    width: 192,
    layers: 4,
    heads: 3,
    ...common,
    roiFeatures: 'before-positions',
    stem: 'efficientnet-lite0',
  },
} as const satisfies Record<string, NucleusVitConfig>
export type PresetName = keyof typeof presets

/** Patches per side. */
export const gridOf = (config: NucleusVitConfig): number => config.imageSize / config.patchSize

/** Strides of the stem's maps from which nucleus features are read. */
export const roiStrides = [4, 8, 16] as const

/**
 * Length F of the vector from which a head classifies a nucleus: the token, and with a stem also the stem's features at
 * the nucleus.
 */
export function featureWidth({ width, stem }: NucleusVitConfig): number {
  if (!stem) return width
  const channels = stemChannels(stem)
  return roiStrides.reduce((sum, stride) => sum + channels[stride], width)
}

export const mlpRatio = 4
export const layerNormEpsilon = 1e-6
/** RoIAlign output per side (paper, section 2.1: k = 3). */
export const roiSize = 3
/** Visual tokens per nucleus in pre-training: 4×4 (the authors' code). */
export const tokensPerNucleus = 16
/** Normalisation of pixels divided by 255: ImageNet's values, as in the authors' code. */
export const pixelMean = [0.485, 0.456, 0.406] as const
export const pixelStd = [0.229, 0.224, 0.225] as const

/** The ways in which a configuration can be wrong. */
export type ConfigProblem =
  | { readonly kind: 'notPositive'; readonly key: string; readonly value: number }
  | {
      readonly kind: 'indivisible'
      readonly key: string
      readonly value: number
      readonly by: string
      readonly divisor: number
    }
  /**
   * Each of the four position codes takes a quarter of the width in sine–cosine pairs, so it must be divisible by 8.
   */
  | { readonly kind: 'positions'; readonly width: number }
  /** A network with a stem must have patchSize 16, and neither nucleiOnPatches nor nearness. */
  | { readonly kind: 'stem' }

/** Returns what is wrong with a configuration, or undefined. */
export function configProblem(config: NucleusVitConfig): ConfigProblem | undefined {
  for (const key of ['width', 'layers', 'heads', 'imageSize', 'patchSize'] as const)
    if (!Number.isInteger(config[key]) || config[key] < 1) return { kind: 'notPositive', key, value: config[key] }
  const { width, heads, imageSize, patchSize } = config
  if (width % heads !== 0) return { kind: 'indivisible', key: 'width', value: width, by: 'heads', divisor: heads }
  if (width % 8 !== 0) return { kind: 'positions', width }
  if (imageSize % patchSize !== 0)
    return { kind: 'indivisible', key: 'imageSize', value: imageSize, by: 'patchSize', divisor: patchSize }
  if (config.stem && (config.patchSize !== 16 || config.nucleiOnPatches || config.nearness)) return { kind: 'stem' }
  return undefined
}
