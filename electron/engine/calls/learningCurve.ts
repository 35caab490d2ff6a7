import { random } from '../../../models/nn/random.ts'
import { foldsOf } from '../../../models/statistics/blocks.ts'
import { cachedLabels, headOfSome, probabilitiesBy } from '../head/cachedLabels.ts'
import type { Handler } from '../handler.ts'
import { startingPoint } from '../train/startingPoint.ts'

/** Largest number of labels that are learned from and judged; of more, a random sample. */
const mostLabels = 2000
const folds = 4
const repeats = 3
/** Fewest labels of the smallest training, and how often the number is doubled at most up to all of them. */
const smallest = 10
const doublings = 5

/**
 * Measures how the last layer gets better with more of the reader's labels: trains it on growing random parts of the
 * labels, and judges labels of tissue that it did not learn from. Uses cached tokens only.
 */
export const learningCurve: Handler<'learningCurve'> = async ({ model, classes, slides, seed }, context) => {
  const started = performance.now()
  const rng = random(seed)
  const start = await startingPoint({ model, classes }, rng)
  const data = await cachedLabels(slides, start, { most: mostLabels, seed })
  const { labels, block, blocks, without, of } = data
  const fold = foldsOf(block, folds)
  const all = Array.from(labels.keys())
  const inFolds = [...new Set(fold)]
  const pools = inFolds.map((f) => all.filter((i) => fold[block[i]] !== f))
  const pool = Math.min(...pools.map((own) => own.length))
  const sizes = sizesUpTo(pool)
  const cell = classes.length ** 2
  const counts = new Float64Array(sizes.length * repeats * blocks * cell)
  let done = 0
  for (let r = 0; r < repeats; r++)
    for (const [k, f] of inFolds.entries()) {
      const order = [...rng.permutation(pools[k].length)].map((i) => pools[k][i])
      const judged = all.filter((i) => fold[block[i]] === f)
      for (const [s, size] of sizes.entries()) {
        const head = await headOfSome(start, data, order.slice(0, size), context.breathe)
        const said = probabilitiesBy(head, data, judged)
        judged.forEach((i, j) => {
          const row = said.subarray(j * classes.length, (j + 1) * classes.length)
          const called = row.indexOf(row.reduce((a, b) => Math.max(a, b)))
          counts[((s * repeats + r) * blocks + block[i]) * cell + labels[i] * classes.length + called]++
        })
        context.progress({ done: ++done, of: repeats * inFolds.length * sizes.length })
      }
    }
  const seconds = (performance.now() - started) / 1000
  return { curve: { sizes, repeats, blocks, classes: classes.length, counts }, labels: of, without, seconds }
}

/** Returns numbers of labels that double up to `pool`, ascending. */
function sizesUpTo(pool: number): number[] {
  const sizes: number[] = []
  for (let d = 0, size = pool; d <= doublings && size >= smallest; d++, size = pool / 2 ** d)
    sizes.unshift(Math.round(size))
  return sizes
}
