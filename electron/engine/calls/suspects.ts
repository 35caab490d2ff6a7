import { foldsOf } from '../../../models/statistics/blocks.ts'
import { suspicion } from '../../../models/statistics/suspects.ts'
import { random } from '../../../models/nn/random.ts'
import { cachedLabels, headOfSome, probabilitiesBy } from '../head/cachedLabels.ts'
import type { Handler } from '../handler.ts'
import { startingPoint } from '../train/startingPoint.ts'

/** Largest number of labels compared: the neighbours of more take too long. */
const mostLabels = 3000
const folds = 5

/**
 * Ranks labels by how much speaks against each: the last layer trained without the labels of its block of tissue, and its
 * nearest labelled neighbours in token space. Uses cached tokens only.
 */
export const suspects: Handler<'suspects'> = async ({ model, classes, slides, seed }, context) => {
  const started = performance.now()
  const start = await startingPoint({ model, classes }, random(seed))
  const data = await cachedLabels(slides, start, { most: mostLabels, seed })
  const { tokens, width, labels, slide, index, block, without, of } = data
  const fold = foldsOf(block, folds)
  const all = Array.from(labels.keys())
  const heldOut = new Float32Array(labels.length * classes.length)
  for (let f = 0; f < folds; f++) {
    const judged = all.filter((i) => fold[block[i]] === f)
    const learned = all.filter((i) => fold[block[i]] !== f)
    if (judged.length === 0) continue
    const head = await headOfSome(start, data, learned, context.breathe)
    const said = probabilitiesBy(head, data, judged)
    judged.forEach((i, k) =>
      heldOut.set(said.subarray(k * classes.length, (k + 1) * classes.length), i * classes.length),
    )
    context.progress({ done: f + 1, of: folds + 1 })
  }
  const work = suspicion({ tokens, width, labels, heldOut, classes: classes.length })
  let step = work.next()
  for (; !step.done; step = work.next()) await context.breathe()
  const { score, model: byModel, neighbours } = step.value
  const order = Uint32Array.from(all).sort((a, b) => score[b] - score[a] || a - b)
  const expected = order.map((i) => {
    const row = heldOut.subarray(i * classes.length, (i + 1) * classes.length)
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
  })
  return {
    slide: order.map((i) => slide[i]),
    index: order.map((i) => index[i]),
    score: Float32Array.from(order, (i) => score[i]),
    model: Float32Array.from(order, (i) => byModel[i]),
    neighbours: Float32Array.from(order, (i) => neighbours[i]),
    expected: Uint16Array.from(expected),
    of,
    without,
    seconds: (performance.now() - started) / 1000,
  }
}
