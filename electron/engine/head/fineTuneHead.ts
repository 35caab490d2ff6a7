import { concatenated, type FinetuneParams } from '../../contract/index.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { excludedClasses, targets } from '../../../models/train/loss.ts'
import type { Start } from '../train/startingPoint.ts'
import { trainHead, type HeadNow } from './head.ts'
import type { LabelledTokens } from './labelledTokens.ts'
import { labelShare, replayExcludedOf, replayTargetsOf } from './replay.ts'

/** Steps of training the head. The problem is convex and small: more steps change the loss by less than 0.001. */
const headSteps = 300
const headRate = 5e-3
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

/** Shares of the crops of the data sets; undefined if nuclei are drawn as if of one. Throws where only some have one. */
export function sharesOf({ sets }: Pick<FinetuneParams, 'sets'>): number[] | undefined {
  const shares = sets?.flatMap(({ share }) => share ?? []) ?? []
  if (shares.length === 0) return undefined
  if (shares.length < sets!.length || shares.some((share) => !(share > 0)))
    throw new Error('Either every data set has a positive share, or none has one.')
  return shares
}

/** Returns the targets of labelled tokens, which sum to `share`, and the classes that are excluded for each. */
function headTargets(task: HeadTask, { labels, sets }: LabelledTokens, share: number) {
  const classes = task.classes.length
  const shares = sharesOf(task)
  const whole = shares?.reduce((sum, s) => sum + s, 0) ?? 1
  const own = new Float32Array(labels.length * classes)
  const excluded = new Float32Array(labels.length * classes)
  for (const [s, { known }] of (task.sets ?? [{ known: undefined }]).entries()) {
    const ofSet = labels.map((label, i) => (sets[i] === s ? label : -1))
    const nuclei = ofSet.reduce((n, label) => n + (label >= 0 ? 1 : 0), 0)
    const total = shares ? (nuclei * whole) / (shares[s] * share) : labels.length / share
    targets(ofSet, total, { classes, known }).forEach((t, k) => (own[k] += t))
    const row = excludedClasses(classes, known)
    ofSet.forEach((label, i) => label >= 0 && excluded.set(row, i * classes))
  }
  return { own, excluded }
}

/** What the training of a head needs to know of a call. */
export type HeadTask = Pick<FinetuneParams, 'classes' | 'sets' | 'epochs'>

/**
 * Trains the head of a network, in place, on the tokens of labelled nuclei and on the replayed ones. Returns what a
 * model's card says of it.
 * @param mayConverge whether many labels may take the head to its optimum
 */
export async function fineTuneHead(
  task: HeadTask,
  start: Start,
  mine: LabelledTokens,
  onStep: (step: number, of: number, loss: number, now: () => HeadNow) => Promise<void>,
  mayConverge = true,
) {
  const { replay, config, layout, values } = start
  const classes = task.classes.length
  const labelled = mine.labels.length
  const share = labelShare(labelled, replay)
  const replayTargets = replayTargetsOf(start, classes, 1 - share)
  const { own, excluded } = headTargets(task, mine, share)
  const weight = layout.slot('head.weight')
  const bias = layout.slot('head.bias')
  const untilConverged = mayConverge && labelled >= labelsPerWeight * (weight.size + bias.size)
  const steps = task.epochs ?? headSteps
  const result = await trainHead({
    tokens: concatenated(Float32Array, [mine.tokens, ...(replay ? [replay.tokens] : [])]),
    targets: concatenated(Float32Array, replayTargets ? [own, replayTargets] : [own]),
    excluded: concatenated(Float32Array, [excluded, ...(replay ? [replayExcludedOf(replay, classes)] : [])]),
    width: featureWidth(config),
    classes,
    weight: values.subarray(weight.offset, weight.offset + weight.size),
    bias: values.subarray(bias.offset, bias.offset + bias.size),
    steps,
    rate: headRate,
    untilConverged,
    centre: mine.centre,
    keepBias: labelled < freeBiasLabels,
    ...(config.stem && {
      slower: { from: config.width, rate: (featureRate.most * labelled) / (labelled + featureRate.halfAt) },
    }),
    onStep: (step, loss, now) => onStep(step, steps, loss, now),
  })
  return {
    ...result,
    recipe: {
      ...(untilConverged ? { optimiser: 'L-BFGS' } : { optimiser: 'AdamW', rate: headRate }),
      steps: result.steps,
      replayTokens: replay?.labels.length ?? 0,
    },
  }
}
