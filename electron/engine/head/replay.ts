import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Replay } from '../../formats/weights/modelFolder.ts'
import type { Random } from '../../../models/nn/random.ts'
import { targets } from '../../../models/train/loss.ts'
import type { LabelledTokens } from './labelledTokens.ts'
import type { Start } from '../train/startingPoint.ts'

/**
 * With n labels the replayed tokens of the model's own training nuclei weigh as much as this many labels: ten clicks
 * then move what resembles them and leave the other classes standing, and hundreds take over.
 */
const replayLabels = 50
/** Tokens per class that a model ships for replay. */
const replayPerClass = 200

/** The labels' part of the loss; the replay has the rest. */
export const labelShare = (labels: number, replay: Replay | undefined): number =>
  replay ? labels / (labels + replayLabels) : 1

/** Rows of targets for the replay; each class weighs the same in all, so that a rare one is not forgotten first. */
export function replayTargetsOf({ replay }: Start, classes: number, share: number): Float32Array | undefined {
  if (!replay) return undefined
  const counts = new Array<number>(classes).fill(0)
  for (const label of replay.labels) counts[label]++
  const present = counts.filter((n) => n > 0).length
  return targets(replay.labels, 1, { classes, classWeights: counts.map((n) => (n ? share / (n * present) : 0)) })
}

/**
 * What the new model will replay: a data set's own tokens. After a reader's corrections it stays the parent's, for the
 * corrections themselves are in the project, where they can still be taken back; after the whole network moved, the
 * parent's tokens are a little stale, but still say where its classes lie.
 */
export async function newReplay(
  start: Start,
  isDataSet: boolean,
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
  return { tokens: kept, labels: Int32Array.from(sample, (i) => all.labels[i]) }
}
