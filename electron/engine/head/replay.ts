import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Replay } from '../../formats/weights/modelFolder.ts'
import type { Random } from '../../../models/nn/random.ts'
import type { FinetuneParams } from '../../contract/index.ts'
import { excludedLogit, targets } from '../../../models/train/loss.ts'
import type { LabelledTokens } from './labelledTokens.ts'
import type { Start } from '../train/startingPoint.ts'

/**
 * Weight of the replayed tokens (from the model's own training nuclei), in labels. With this weight, ten labels change
 * the nuclei that resemble them and leave the other classes alone, while hundreds of labels dominate.
 */
const replayLabels = 50
/** Number of replay tokens per class stored with a model. */
const replayPerClass = 200

/** Returns the labels' share of the loss. The replay has the rest. */
export const labelShare = (labels: number, replay: Replay | undefined): number =>
  replay ? labels / (labels + replayLabels) : 1

/**
 * Returns the target rows of the replay. All classes have the same total weight, so a rare one is not forgotten first.
 */
export function replayTargetsOf({ replay }: Start, classes: number, share: number): Float32Array | undefined {
  if (!replay) return undefined
  const counts = new Array<number>(classes).fill(0)
  for (const label of replay.labels) counts[label]++
  const present = counts.filter((n) => n > 0).length
  return targets(replay.labels, 1, { classes, classWeights: counts.map((n) => (n ? share / (n * present) : 0)) })
}

/** Returns what crossEntropy adds to the replayed nuclei's logits, [n, classes]; see excludedClasses. */
export function replayExcludedOf({ labels, unknown }: Omit<Replay, 'tokens'>, classes: number): Float32Array {
  return unknown
    ? Float32Array.from(unknown, (isUnknown) => (isUnknown ? excludedLogit : 0))
    : new Float32Array(labels.length * classes)
}

/**
 * Returns the replay tokens of the new model. After training on a data set they are that set's own tokens. After a
 * reader's corrections they stay the parent's: the corrections are in the project, where they can still be taken back.
 * If the whole network was trained, the parent's tokens are slightly out of date but still show where its classes are.
 */
export async function newReplay(
  start: Start,
  isDataSet: boolean,
  sets: FinetuneParams['sets'],
  tokens: () => Promise<LabelledTokens>,
  rng: Random,
): Promise<Replay> {
  if (start.replay && !isDataSet) return start.replay
  const width = featureWidth(start.config)
  const all = await tokens()
  const taken = new Map<number, number>()
  const sample = [...rng.permutation(all.labels.length)].filter((i) => {
    const count = (taken.get(all.labels[i]) ?? 0) + 1
    taken.set(all.labels[i], count)
    return count <= replayPerClass
  })
  const kept = new Float32Array(sample.length * width)
  sample.forEach((i, k) => kept.set(all.tokens.subarray(i * width, (i + 1) * width), k * width))
  const labels = Int32Array.from(sample, (i) => all.labels[i])
  if (!sets?.some(({ known }) => known)) return { tokens: kept, labels }
  const { classes } = start
  const unknownIn = sets.map(({ known }) => classes.map((_, c) => (!known || known.includes(c) ? 0 : 1)))
  return { tokens: kept, labels, unknown: Int32Array.from(sample.flatMap((i) => unknownIn[all.sets[i]])) }
}
