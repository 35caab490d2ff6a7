import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { findCandidates } from '../../models/detector/candidates.ts'
import { featureCount } from '../../models/detector/features.ts'
import { fitScore } from '../../models/detector/fit.ts'
import { scoreRows, type ScoreWeights } from '../../models/detector/network.ts'
import { regionsOf } from '../../models/detector/detectNuclei.ts'
import { selectNested } from '../../models/detector/select.ts'
import { measureStains } from '../../models/detector/slideStains.ts'
import { bestOverlaps, targetOf } from '../../models/detector/truth.ts'
import { matchCentroids } from '../../models/metrics/matchCentroids.ts'
import { consepTile, trainingTiles } from './tiles.ts'

/**
 * Makes models/detector/weights.ts: cross-validates over CoNSeP's training tiles (two folds), takes the threshold that
 * does best there, and fits on all of them. The five validation tiles are never read. About a minute.
 *
 *     node tests/detector/fitDetector.ts
 */
const options = { hidden: 24, epochs: 12, seed: 1 }
const thresholds = [0.15, 0.2, 0.25, 0.3]
const radius = 3 // µm

async function candidatesOf(n: number) {
  const tile = await consepTile(n, 2)
  const image = findCandidates(tile.rgb, tile.width, tile.height, tile.mpp, measureStains([tile.rgb]))
  return { tile, image, targets: bestOverlaps(image, tile.labels).map(targetOf) }
}
const data: Awaited<ReturnType<typeof candidatesOf>>[] = []
for (const n of trainingTiles) data.push(await candidatesOf(n))

function fitOn(part: typeof data): ScoreWeights {
  const count = part.reduce((n, d) => n + d.targets.length, 0)
  const rows = new Float32Array(count * featureCount)
  const targets = new Float32Array(count)
  let at = 0
  for (const { image, targets: own } of part) {
    rows.set(image.candidates.features, at * featureCount)
    targets.set(own, at)
    at += own.length
  }
  return fitScore(rows, targets, options)
}

/** F1 over all tiles together, the fold's tiles judged by the other fold's network. */
const folds = [0, 1].map((fold) => fitOn(data.filter((_, i) => i % 2 !== fold)))
function crossValidated(threshold: number): number {
  let pairs = 0
  let points = 0
  data.forEach(({ tile, image }, i) => {
    const value = scoreRows(folds[i % 2], image.candidates.features).map((s) => s - threshold)
    const { x, y } = regionsOf(image.tree, selectNested(image.tree, image.candidates.node, value), tile.width)
    const found = Float64Array.from({ length: 2 * x.length }, (_, k) => (k % 2 ? y : x)[k >> 1])
    pairs += matchCentroids(tile.centres, found, radius / tile.mpp).pairs.length
    points += tile.centres.length / 2 + x.length
  })
  return (2 * pairs) / points
}
const f1 = thresholds.map(crossValidated)
thresholds.forEach((t, i) => console.log(`threshold ${t}: cross-validated F1 ${f1[i].toFixed(4)}`))
const best = f1.indexOf(Math.max(...f1))

const weights = fitOn(data)
const numbers = (list: readonly number[]) => `[${list.map((v) => Number(v.toPrecision(6))).join(', ')}]`
await writeFile(
  fileURLToPath(new URL('../../models/detector/weights.ts', import.meta.url)),
  `import type { ScoreWeights } from './network.ts'

/**
 * Written by tests/detector/fitDetector.ts, seed ${options.seed}: fitted on the ${trainingTiles.length} CoNSeP tiles ${trainingTiles.join(', ')}
 * (Graham et al. 2019, Apache 2.0). Two-fold cross-validated F1 there, on the folds the threshold was chosen on: ${f1[best].toFixed(3)} at 0.5 µm per pixel.
 */
export const scoreThreshold = ${thresholds[best]}

// prettier-ignore
export const scoreWeights: ScoreWeights = {
  mean: ${numbers(weights.mean)},
  deviation: ${numbers(weights.deviation)},
  hidden: ${numbers(weights.hidden)},
  hiddenBias: ${numbers(weights.hiddenBias)},
  out: ${numbers(weights.out)},
  outBias: ${Number(weights.outBias.toPrecision(6))},
}
`,
)
