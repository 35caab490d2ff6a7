import type { TrainingRecipe } from './trainFull.ts'

const augmentation = {
  zoom: 1.25,
  jitter: { stain: 0.2, brightness: 0.1, contrast: 0.15 },
}

/** A data set from random weights: the paper's optimiser, with the epochs a small set needs (measured; model card). */
export const fromScratch: TrainingRecipe = {
  epochs: 200,
  peakRate: 5e-4,
  endRate: 1e-6,
  warmupEpochs: 5,
  weightDecay: 0.05,
  layerDecay: 1,
  dropPath: 0.1,
  labelSmoothing: 0.1,
  cropsPerStep: 8,
  clip: 1,
  average: 0.995,
  frequencyPower: 0.5,
  ...augmentation,
}

/** A data set from a trained parent: method.md, "Fine-tuning recipe". */
export const fromParent: TrainingRecipe = { ...fromScratch, epochs: 30, layerDecay: 0.9, labelSmoothing: 0 }

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
