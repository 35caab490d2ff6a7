import type { Split } from './tiles.ts'

/** What learns from the reader's labels. */
export const arms = ['head', 'lora', 'full', 'forest', 'smoothedForest', 'logistic'] as const
export type Arm = (typeof arms)[number]
export const armNames: Readonly<Record<Arm, string>> = {
  head: 'last layer',
  lora: 'low-rank updates',
  full: 'whole network',
  forest: 'random forest on measurements',
  smoothedForest: 'the same, with measurements of the neighbourhood',
  logistic: 'logistic regression on frozen features',
}

export const orders = ['queue', 'random'] as const
export type Order = (typeof orders)[number]

/** How right an arm is after some labels. */
export interface Point {
  readonly seed: number
  readonly order: Order
  readonly labels: number
  /** 'before': the model as it was. */
  readonly arm: Arm | 'before'
  /** Accuracy of the nuclei that were not labelled in the touched tiles, and of all in the untouched ones. */
  readonly notLabelled: number
  /** Accuracy of a third of the nuclei of the touched tiles, drawn at random, that the reader is never shown. */
  readonly setAside: number
  readonly untouchedTiles: number
  /** Expected calibration error in the untouched tiles, of what gives probabilities. */
  readonly calibrationError?: number
  /** Share of the scored nuclei that are called a class which the data does not have, and so wrong. */
  readonly calledOther: number
}

/** How many labels the queue needs for what random labels teach. */
export interface Effort {
  readonly scoredOn: 'notLabelled' | 'setAside' | 'untouchedTiles'
  /** Labels given at random, and the accuracy of the last layer with them, mean over seeds. */
  readonly random: number
  readonly accuracy: number
  /** Fewest labels by the queue for that accuracy, interpolated between the measured ones; null: not reached. */
  readonly queue: number | null
}

export interface LearningBench {
  readonly model: string
  readonly data: string
  readonly classes: readonly string[]
  readonly splits: readonly (Split & { readonly nuclei: { readonly touched: number; readonly untouched: number } })[]
  readonly points: readonly Point[]
  /** What the queue saves. */
  readonly effort: readonly Effort[]
  /** Means over seeds. */
  readonly means: readonly (Omit<Point, 'seed'> & { readonly seeds: number })[]
}
