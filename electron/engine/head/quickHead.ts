import { concatenated } from '../../contract/index.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Start } from '../train/startingPoint.ts'
import { trainHead } from './head.ts'
import { labelShare, replayExcludedOf, replayTargetsOf } from './replay.ts'

/** Steps of training the head. The problem is convex and small: more steps change the loss by less than 0.001. */
export const headSteps = 300
export const headRate = 5e-3
/**
 * With fewer labels than this the head's bias stays fixed, so that only differences from the slides' mean token count.
 * Otherwise ten labels on a slide unlike the training data give nearly every nucleus their class (figures in
 * README.md).
 */
const freeBiasLabels = 100
/** With this many labels per head parameter the head is trained to its optimum: too many labels to be memorised. */
const labelsPerWeight = 10
/**
 * Learning rate of the head's weights for the stem's features, relative to the other weights: with n labels it is most
 * · n / (n + halfAt). On the CoNSeP validation tiles (15 draws from one tile each, scored on its other nuclei) 20
 * labels took accuracy from .771 to .793 with the token alone and to .766 with the same rate for both; 300 labels took
 * it from .817 to .870 with the token alone and to .875 with this rate.
 */
const featureRate = { most: 0.3, halfAt: 200 } as const

/** What a head learns from. */
export interface HeadLabels {
  /** [n, F] */
  readonly tokens: Float32Array
  /** Returns the targets [n, classes], which sum to `share`, and the excluded classes [n, classes] (loss.ts). */
  readonly targets: (share: number) => { readonly own: Float32Array; readonly excluded: Float32Array }
  readonly labels: number
  /** Mean token of the slides, [F]. */
  readonly centre: Float32Array
}

/** A head: weight [classes, F] and bias [classes]. */
export interface HeadWeights {
  readonly weight: Float32Array
  readonly bias: Float32Array
}

/** Returns the parent's head, as views of its values. */
export function headOf({ layout, values }: Pick<Start, 'layout' | 'values'>): HeadWeights {
  const [weight, bias] = [layout.slot('head.weight'), layout.slot('head.bias')]
  return {
    weight: values.subarray(weight.offset, weight.offset + weight.size),
    bias: values.subarray(bias.offset, bias.offset + bias.size),
  }
}

/**
 * Trains a head, in place, on labelled tokens and the parent's replay. It is what fine-tuning by the last layer does, and
 * what cross-validation and the learning curve repeat with fewer labels.
 */
export async function trainQuickHead(
  start: Start,
  { tokens, targets, labels, centre }: HeadLabels,
  head: HeadWeights,
  {
    steps = headSteps,
    mayConverge = true,
    onStep,
  }: { steps?: number; mayConverge?: boolean; onStep?: (step: number, loss: number) => Promise<void> } = {},
): Promise<{ firstLoss: number; lastLoss: number; steps: number; untilConverged: boolean }> {
  const { config, classes, replay } = start
  const share = labelShare(labels, replay)
  const replayTargets = replayTargetsOf(start, classes.length, 1 - share)
  const { own, excluded } = targets(share)
  const untilConverged = mayConverge && labels >= labelsPerWeight * (head.weight.length + head.bias.length)
  const result = await trainHead({
    tokens: concatenated(Float32Array, [tokens, ...(replay ? [replay.tokens] : [])]),
    targets: concatenated(Float32Array, replayTargets ? [own, replayTargets] : [own]),
    excluded: concatenated(Float32Array, [excluded, ...(replay ? [replayExcludedOf(replay, classes.length)] : [])]),
    width: featureWidth(config),
    classes: classes.length,
    ...head,
    steps,
    rate: headRate,
    untilConverged,
    centre,
    keepBias: labels < freeBiasLabels,
    ...(config.stem && {
      slower: { from: config.width, rate: (featureRate.most * labels) / (labels + featureRate.halfAt) },
    }),
    onStep,
  })
  return { ...result, untilConverged }
}
