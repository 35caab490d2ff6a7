import { describe, expect, test } from 'vitest'
import { averaged } from '../../models/detector/averaged.ts'
import { detectNuclei } from '../../models/detector/detectNuclei.ts'
import { workingScale } from '../../models/detector/grid.ts'
import { centroidOf } from '../../models/detector/outline.ts'
import { measureStains } from '../../models/detector/slideStains.ts'
import { matchCentroids } from '../../models/metrics/matchCentroids.ts'
import { hasData } from '../support/data.ts'
import { consepTile, validationTiles, type LabelledTile } from './tiles.ts'

/**
 * Centroids of what is found in a tile, in its own pixels. 40× is averaged to the working resolution, which for whole-number averaging is the 20× picture itself: the two scales
 * give the same numbers by construction. Each is a test of its way in, not a second measurement.
 */
function found(tile: LabelledTile): Float64Array {
  const scale = workingScale(tile.mpp)
  const { width, height, data } = averaged({ ...tile, data: tile.rgb }, scale)
  const nuclei = detectNuclei(data, width, height, tile.mpp * scale, measureStains([data]))
  return Float64Array.from(nuclei.flatMap(({ outline }) => centroidOf(outline).map((v) => v * scale)))
}

describe.skipIf(!hasData('consep/train'))('nuclei of the CoNSeP validation tiles', () => {
  test.each([
    { name: '40×', shrink: 1, radius: 12 },
    { name: '20×', shrink: 2, radius: 6 },
  ])(
    'are found at $name with F1 ≥ .60 (one-to-one, centroids within $radius pixels)',
    async ({ name, shrink, radius }) => {
      let pairs = 0
      let truth = 0
      let detections = 0
      const each: string[] = []
      for (const n of validationTiles) {
        const tile = await consepTile(n, shrink)
        const centres = found(tile)
        const match = matchCentroids(tile.centres, centres, radius)
        pairs += match.pairs.length
        truth += tile.centres.length / 2
        detections += centres.length / 2
        each.push(`${n}: ${match.f1.toFixed(3)}`)
      }
      const f1 = (2 * pairs) / (truth + detections)
      console.log(
        `detection at ${name}: F1 ${f1.toFixed(3)}, precision ${(pairs / detections).toFixed(3)}, recall ${(pairs / truth).toFixed(3)}, ${truth} true nuclei (tiles ${each.join(', ')})`,
      )
      expect(truth).toBeGreaterThan(3000)
      expect(f1).toBeGreaterThanOrEqual(0.6)
    },
    300_000,
  )
})
