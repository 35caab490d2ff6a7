import type { ColourJitter } from './augment.ts'
import type { MaskedCropRecipe } from './maskedCrop.ts'

/** How weights are optimised, whatever the training is for. */
export interface OptimiserRecipe {
  readonly peakRate: number
  readonly endRate: number
  readonly weightDecay: number
  /** Factor of the learning rate from one layer to the layer below; 1 = none. */
  readonly layerDecay: number
  /** Drop path rate of the last layer; it rises linearly up to there. */
  readonly dropPath: number
  /** Crops whose gradients are summed for one step. */
  readonly cropsPerStep: number
  /** Joint norm to which gradients are clipped. */
  readonly clip: number
  /** Decay of the running mean of the weights, which is what is kept; 0 = keep the last weights. */
  readonly average: number
  /** AdamW's β₂, the decay of its running mean of squared gradients; default .999. */
  readonly beta2?: number
  /** Factor of a convolutional stem's learning rate; default 1. */
  readonly stemRate?: number
}

/** How a network, or the part of it that a method trains, is trained on labels. */
export interface TrainingRecipe extends OptimiserRecipe {
  readonly epochs: number
  readonly warmupEpochs: number
  readonly labelSmoothing: number
  /** Crop sides are drawn from 1/zoom … zoom times the side at the model's own scale. */
  readonly zoom: number
  readonly jitter: ColourJitter
  /** A class is drawn in proportion to its frequency to this power; 1 = as it occurs. */
  readonly frequencyPower: number
  /** Steps over which the learning rate rises; default: warmupEpochs. */
  readonly warmupSteps?: number
  /** Side of the training crops, pixels; default: the network's own. */
  readonly cropSize?: number
  /** A nucleus's weight in the loss is its class's frequency to this power; default 0, all equal. */
  readonly classWeightPower?: number
  /** `part` of the crops are blurred by a Gaussian whose deviation is drawn from `sigma`, pixels. */
  readonly blur?: { readonly part: number; readonly sigma: readonly [number, number] }
  /** Standard deviation by which each border of a box is moved, as a share of the box's side. */
  readonly boxJitter?: number
}

const augmentation = {
  zoom: 1.25,
  jitter: { stain: 0.2, brightness: 0.1, contrast: 0.15 },
}

/**
 * For a data set, starting from random weights: the paper's optimiser, with the epochs a small set needs (measured;
 * model card).
 */
export const fromScratch: TrainingRecipe = {
  epochs: 22,
  peakRate: 6e-4,
  endRate: 1e-6,
  warmupEpochs: 1,
  weightDecay: 0.05,
  layerDecay: 1,
  dropPath: 0.1,
  labelSmoothing: 0.05,
  cropsPerStep: 4,
  clip: 1,
  average: 0.99,
  frequencyPower: 0.5,
  ...augmentation,
}

/** For a data set, starting from a trained parent: docs/method.md, "Recipes of the paper". */
export const fromParent: TrainingRecipe = { ...fromScratch, epochs: 30, layerDecay: 0.9, labelSmoothing: 0 }

/**
 * For a data set, starting from a pre-trained encoder without classes: as from random weights. Half the rate and almost
 * fixed lower layers gave scores four points lower with encoders whose embeddings were kept; no other encoders were
 * measured (docs/preTraining.md).
 */
export const fromEncoder: TrainingRecipe = { ...fromScratch, epochs: 30 }

/**
 * For a data set, starting from a stem that was trained on photographs, under random blocks. Training crops are smaller
 * than the crops used later, so that a step costs half. The stem is already well trained and gets a third of the rate.
 */
export const fromStem: TrainingRecipe = {
  ...fromScratch,
  epochs: 40,
  warmupSteps: 60,
  beta2: 0.98,
  stemRate: 0.3,
  average: 0.995,
  cropSize: 320,
  classWeightPower: -0.25,
  zoom: 1.28,
  jitter: { stain: 0.25, brightness: 0.1, contrast: 0.2 },
  blur: { part: 0.2, sigma: [0.3, 1.2] },
  boxJitter: 0.06,
}

/** For a data set, going on with a network with a stem that was trained on labels: the same at a third of the rate. */
export const fromTrainedStem: TrainingRecipe = { ...fromStem, peakRate: 2e-4 }

/** From a trained parent by low-rank updates. These start at zero, so all layers can be trained at the same rate. */
export const loraFromParent: TrainingRecipe = { ...fromParent, peakRate: 1e-3, layerDecay: 1 }

/**
 * A reader's corrections. There are few labels, so steps are few and small and the lower layers almost fixed: what the
 * network knows about the other classes must survive.
 */
export const corrections: TrainingRecipe = {
  ...fromParent,
  epochs: 10,
  peakRate: 1e-4,
  warmupEpochs: 1,
  layerDecay: 0.75,
  cropsPerStep: 2,
  average: 0.9,
  zoom: 1.1,
  jitter: { stain: 0.05, brightness: 0.05, contrast: 0.05 },
}

/** Corrections by low-rank updates. */
export const loraCorrections: TrainingRecipe = { ...corrections, peakRate: 1e-3, layerDecay: 1 }

/** Masked image modelling: docs/method.md, "Recipes of the paper", with changes for a workstation's small batches. */
export interface PretrainingRecipe extends OptimiserRecipe, MaskedCropRecipe {
  readonly warmupSteps: number
  /** Side of the training crops, pixels; default: the network's own. */
  readonly cropSize?: number
  /**
   * Weight of each loss of features beside those of tokens; default 1. Their error is below 1, a cross-entropy over 256
   * tokens about 5.
   */
  readonly featureWeight?: number
  /** Prefixes of the names of parameters that keep their initial random values. */
  readonly still: readonly string[]
}

/** @param width token width of the network */
export const pretraining = (width: number): PretrainingRecipe => ({
  peakRate: 5e-4 * Math.sqrt(768 / width), // the authors' rate for base, higher for narrower networks
  endRate: 1e-5,
  warmupSteps: 200,
  weightDecay: 0.05,
  layerDecay: 1,
  dropPath: 0,
  cropsPerStep: 4,
  clip: 3,
  average: 0.99,
  area: [0.5, 1.1],
  jitter: { stain: 0.3, brightness: 0.2, contrast: 0.3 },
  // The embeddings stay fixed. If trained, within half an hour they pass only what helps to predict masked tokens, and
  // what distinguishes classes is lost (docs/preTraining.md). Chen, Xie and He 2021 fix theirs, too.
  still: ['patch_embed.', 'instance_embed.', 'coverage_embed.'],
  targets: 'jittered', // tokens encode how dark a place is, so they must come from what the network sees
})

/**
 * Masked image modelling with a stem (issue 21): the stem keeps its weights, and the blocks above it learn. Tokens are
 * those of the crop as scanned, while the network sees it jittered: a nucleus looks the same in every stain.
 */
export const pretrainingWithStem: PretrainingRecipe = {
  peakRate: 1e-3,
  endRate: 1e-5,
  warmupSteps: 100,
  weightDecay: 0.05,
  layerDecay: 1,
  dropPath: 0,
  cropsPerStep: 4,
  clip: 3,
  average: 0.99,
  beta2: 0.98,
  cropSize: 320,
  featureWeight: 5,
  area: [0.6, 1.3],
  jitter: { stain: 0.25, brightness: 0.1, contrast: 0.2 },
  still: ['stem.'],
  targets: 'plain',
}

/**
 * The same, going on with a network that was trained on labels. A fifth of the rate, as fine-tuning takes a third: what
 * its blocks know of classes is not to be lost. Not compared with other rates.
 */
export const pretrainingOfTrained: PretrainingRecipe = { ...pretrainingWithStem, peakRate: 2e-4 }
