import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { FailureError, type LabelledSlide, type ProbeRun, message } from '../../contract/index.ts'
import { someLabels } from '../../../models/train/someLabels.ts'
import { random, type Random } from '../../../models/nn/random.ts'
import type { CallContext, Handler } from '../handler.ts'
import { linearProbe, type LabelledRows, type LinearProbe } from '../head/linearProbe.ts'
import type { Network } from '../encode/encoder.ts'
import { encoderNetwork, someNuclei, tokensOf } from '../encode/tokens.ts'

/** Weights of the prior that are tried, relative to the total weight of the labels. */
const penalties = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10]
const folds = 4

/**
 * Trains a linear probe: it shows how well the tokens of an encoder that was not trained for these classes separate
 * them. The penalty is chosen by cross-validation over whole training slides. The test slides are not used for it.
 */
export const probe: Handler<'probe'> = async (params, context) => {
  const { model, classes, train, test, seeds, labels = [null] } = params
  const started = performance.now()
  someNuclei(train, message('whatProbe'))
  if (train.every(({ index }) => index.length === 0)) throw new FailureError('empty', message('probeNeedsLabels'))
  const fits = penalties.length * Math.min(folds, train.length) + 1
  const work = workOf(context, seeds.length * (train.length + test.length + labels.length * fits))
  const isPreset = model.startsWith('preset:')
  let rows: { train: LabelledRows[]; test: LabelledRows[] } | undefined
  const runs: ProbeRun[] = []
  for (const seed of seeds) {
    // Trained weights are the same for every seed.
    if (!rows || isPreset) {
      const network = await encoderNetwork(model, seed)
      rows = { train: await encoded(train, network, work), test: await encoded(test, network, work) }
    } else await work(train.length + test.length)
    const fit = async (known: readonly LabelledRows[], penalty: number): Promise<LinearProbe> => {
      await work(1)
      return linearProbe(known, classes.length, penalty)
    }
    for (const wanted of labels) {
      const known = wanted === null ? rows.train : someRows(rows.train, wanted, random(seed))
      const { penalty, accuracy } = await bestPenalty(known, fit, random(seed))
      const learned = await fit(
        known.filter(({ labels }) => labels.length > 0),
        penalty,
      )
      const labelled = known.reduce((n, { labels }) => n + labels.length, 0)
      const predicted = rows.test.map(({ rows }) => learned(rows))
      runs.push({ seed, labelled, penalty, leftOutAccuracy: accuracy, predicted })
    }
  }
  const labelled = train.reduce((n, { index }) => n + index.length, 0)
  return { runs, labelled, seconds: (performance.now() - started) / 1000 }
}

/** Returns a function that adds steps to the progress, reports it, and throws if the call was cancelled. */
function workOf(context: CallContext<'probe'>, of: number): (steps: number) => Promise<void> {
  let done = 0
  return async (steps) => {
    await context.breathe()
    context.progress({ done: (done += steps), of })
  }
}

/** Returns the tokens of the labelled nuclei of each slide as rows. */
async function encoded(
  slides: readonly LabelledSlide[],
  network: Network,
  work: (steps: number) => Promise<void>,
): Promise<LabelledRows[]> {
  const width = featureWidth(network.config)
  const all: LabelledRows[] = []
  for (const slide of slides) {
    const rows = new Float32Array(slide.index.length * width)
    if (slide.index.length > 0) {
      const tokens = await tokensOf(slide, network, () => work(0))
      slide.index.forEach((i, k) => rows.set(tokens.subarray(i * width, (i + 1) * width), k * width))
    }
    all.push({ rows, width, labels: slide.label })
    await work(1)
  }
  return all
}

/** Returns some rows of each slide, drawn at random from all. The same seed draws the same nuclei for every encoder. */
function someRows(slides: readonly LabelledRows[], wanted: number, rng: Random): LabelledRows[] {
  const drawn = someLabels(
    slides.map(({ labels }) => labels.length),
    wanted,
    rng,
  )
  return slides.map(({ rows, width, labels }, s) => {
    const some = new Float32Array(drawn[s].length * width)
    drawn[s].forEach((i, k) => some.set(rows.subarray(i * width, (i + 1) * width), k * width))
    return { rows: some, width, labels: Uint16Array.from(drawn[s], (i) => labels[i]) }
  })
}

/** Returns the penalty with the best accuracy on left-out slides; the larger of two that are equally good. */
async function bestPenalty(
  slides: readonly LabelledRows[],
  fit: (known: readonly LabelledRows[], penalty: number) => Promise<LinearProbe>,
  rng: Random,
): Promise<{ penalty: number; accuracy: number | null }> {
  const labelled = slides.filter(({ labels }) => labels.length > 0)
  if (labelled.length < 2) return { penalty: penalties[penalties.length >> 1], accuracy: null }
  const count = Math.min(folds, labelled.length)
  const foldOf = rng.permutation(labelled.length).map((place) => place % count)
  const nuclei = labelled.reduce((n, { labels }) => n + labels.length, 0)
  let best = { penalty: penalties[0], accuracy: -1 }
  for (const penalty of penalties) {
    let right = 0
    for (let fold = 0; fold < count; fold++) {
      const learned = await fit(
        labelled.filter((_, i) => foldOf[i] !== fold),
        penalty,
      )
      for (const { rows, labels } of labelled.filter((_, i) => foldOf[i] === fold))
        learned(rows).forEach((c, k) => (right += c === labels[k] ? 1 : 0))
    }
    if (right / nuclei >= best.accuracy) best = { penalty, accuracy: right / nuclei }
  }
  return best
}
