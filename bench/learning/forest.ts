import { random, type Random } from '../../models/nn/random.ts'

/** A random forest: the classifier that QuPath offers beside its measurements. */
export interface Forest {
  /** Returns the most probable class of each row [n, width]. */
  predict(rows: Float64Array): Uint16Array
}

export interface ForestOptions {
  readonly classes: number
  readonly trees: number
  readonly seed: number
}

/** A leaf holds the shares of the classes; a branch goes left where the feature is at most the threshold. */
type Node = { readonly shares: Float64Array } | { feature: number; threshold: number; left: Node; right: Node }

/**
 * Grows trees on bootstrap samples (Breiman 2001): at each node √width features, drawn at random, compete for the split
 * with the lowest Gini impurity. Trees grow until their leaves are pure. @param rows [n, width]; @param labels [n]
 */
export function randomForest(rows: Float64Array, labels: ArrayLike<number>, options: ForestOptions): Forest {
  const { classes, trees, seed } = options
  const n = labels.length
  const width = rows.length / n
  const rng = random(seed)
  const tried = Math.max(1, Math.round(Math.sqrt(width)))
  const forest = Array.from({ length: trees }, () => {
    const sample = Uint32Array.from({ length: n }, () => rng.below(n))
    return grown({ rows, labels, width, classes, tried, rng }, sample)
  })
  return {
    predict(asked) {
      return Uint16Array.from({ length: asked.length / width }, (_, i) => {
        const votes = new Float64Array(classes)
        for (const tree of forest) {
          let node = tree
          while (!('shares' in node)) node = asked[i * width + node.feature] <= node.threshold ? node.left : node.right
          for (let c = 0; c < classes; c++) votes[c] += node.shares[c]
        }
        return votes.indexOf(Math.max(...votes))
      })
    },
  }
}

interface Growing {
  readonly rows: Float64Array
  readonly labels: ArrayLike<number>
  readonly width: number
  readonly classes: number
  readonly tried: number
  readonly rng: Random
}

function grown(job: Growing, sample: Uint32Array): Node {
  const { rows, labels, width, classes, tried, rng } = job
  const counts = new Float64Array(classes)
  for (const i of sample) counts[labels[i]]++
  const leaf = { shares: counts.map((count) => count / sample.length) }
  if (counts.some((count) => count === sample.length)) return leaf
  let best = { impurity: Infinity, feature: -1, threshold: 0 }
  // A feature that is the same everywhere splits nothing, so more are tried until one does.
  for (const [k, feature] of rng.permutation(width).entries()) {
    if (k >= tried && best.feature >= 0) break
    const found = bestSplit(job, sample, counts, feature)
    if (found && found.impurity < best.impurity) best = { ...found, feature }
  }
  if (best.feature < 0) return leaf
  const { feature, threshold } = best
  const isLeft = (i: number) => rows[i * width + feature] <= threshold
  return {
    feature,
    threshold,
    left: grown(job, sample.filter(isLeft)),
    right: grown(
      job,
      sample.filter((i) => !isLeft(i)),
    ),
  }
}

/** Returns the threshold with the lowest Gini impurity, summed over both sides by their number of rows. */
function bestSplit({ rows, labels, width, classes }: Growing, sample: Uint32Array, all: Float64Array, feature: number) {
  const value = (i: number) => rows[i * width + feature]
  const order = sample.slice().sort((a, b) => value(a) - value(b))
  const left = new Float64Array(classes)
  const right = all.slice()
  let best: { impurity: number; threshold: number } | undefined
  for (let k = 0; k < order.length - 1; k++) {
    left[labels[order[k]]]++
    right[labels[order[k]]]--
    const [here, next] = [value(order[k]), value(order[k + 1])]
    if (here === next) continue
    const impurity = gini(left, k + 1) + gini(right, order.length - k - 1)
    const threshold = (here + next) / 2
    // Between neighbouring numbers the middle may round up to the larger one, which would then go left too.
    if (!best || impurity < best.impurity) best = { impurity, threshold: threshold < next ? threshold : here }
  }
  return best
}

/** n · (1 − Σ pᵢ²) */
const gini = (counts: Float64Array, n: number): number => n - counts.reduce((sum, c) => sum + c * c, 0) / n
