import type { ColourJitter } from './augment.ts'
import type { MaskedCropRecipe } from './maskedCrop.ts'

/** How weights are moved, whatever they are trained for. */
export interface OptimiserRecipe {
  readonly peakRate: number
  readonly endRate: number
  readonly weightDecay: number
  /** Learning rate factor from one layer to the one below it; 1 = none. */
  readonly layerDecay: number
  /** Largest drop path rate, reached linearly in the last layer. */
  readonly dropPath: number
  /** Crops whose gradients make one step. */
  readonly cropsPerStep: number
  /** Joint length that gradients are clipped to. */
  readonly clip: number
  /** Decay of the weights' running mean, which is what is kept; 0 = the last weights. */
  readonly average: number
  /** How long AdamW remembers squares of gradients, β₂; .999 where absent. */
  readonly beta2?: number
  /** Factor of a convolutional stem's learning rate; 1 where absent. */
  readonly stemRate?: number
}

/** How a network, or the part of it that a method names, is trained on labels. */
export interface TrainingRecipe extends OptimiserRecipe {
  readonly epochs: number
  readonly warmupEpochs: number
  readonly labelSmoothing: number
  /** Crop sides are drawn from 1/zoom … zoom of the model's own scale. */
  readonly zoom: number
  readonly jitter: ColourJitter
  /** Class c is met in proportion to its frequency to this power; 1 = as it comes. */
  readonly frequencyPower: number
  /** Steps over which the learning rate rises; warmupEpochs where absent. */
  readonly warmupSteps?: number
  /** Side of the crops that are trained on, pixels; the network's own where absent. */
  readonly cropSize?: number
  /** A nucleus weighs in the loss as its class's frequency to this power; 0, alike, where absent. */
  readonly classWeightPower?: number
  /** This part of the crops is blurred, by a Gaussian of up to so many pixels. */
  readonly blur?: { readonly part: number; readonly sigma: readonly [number, number] }
  /** Deviation by which each border of a box is moved, in parts of the box's side. */
  readonly boxJitter?: number
}

const augmentation = {
  zoom: 1.25,
  jitter: { stain: 0.2, brightness: 0.1, contrast: 0.15 },
}

/** A data set from random weights: the paper's optimiser, with the epochs a small set needs (measured; model card). */
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

/** A data set from a trained parent: docs/method.md, "Recipes of the paper". */
export const fromParent: TrainingRecipe = { ...fromScratch, epochs: 30, layerDecay: 0.9, labelSmoothing: 0 }

/**
 * A data set from an encoder that was pre-trained and knows no classes: as from random weights. With half the rate
 * and nearly still lower layers, encoders whose embeddings were kept came out four points lower; no others were
 * measured (docs/preTraining.md).
 */
export const fromEncoder: TrainingRecipe = { ...fromScratch, epochs: 30 }

/**
 * A data set from a stem that was trained on photographs under random blocks. Crops are smaller than those it is used on, so that
 * a step costs half; the stem, which knows much already, moves at a third of the rate.
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

/** From a trained parent by low-rank updates: they start at nothing, so every layer may move, and alike. */
export const loraFromParent: TrainingRecipe = { ...fromParent, peakRate: 1e-3, layerDecay: 1 }

/**
 * A reader's corrections: few labels, so few and small steps, and the lower layers nearly still; what the network knew
 * of the other classes must survive.
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

/** Masked image modelling: docs/method.md, "Recipes of the paper", with what a workstation's small batches need. */
export interface PretrainingRecipe extends OptimiserRecipe, MaskedCropRecipe {
  readonly warmupSteps: number
  /** Beginnings of the names of parameters that keep their first, random values. */
  readonly still: readonly string[]
}

/** @param width of the network's tokens */
export const pretraining = (width: number): PretrainingRecipe => ({
  peakRate: 5e-4 * Math.sqrt(768 / width), // the authors' for their base; narrower networks learn faster with more
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
  // What lets pixels in: within half an hour it learns to let through what masked tokens can be told from, and what classes are told
  // from is lost (docs/preTraining.md). Chen, Xie and He 2021 keep theirs still, too.
  still: ['patch_embed.', 'instance_embed.', 'coverage_embed.'],
  targets: 'jittered', // tokens say how dark a place is: what the network sees must be what it is to tell
})
