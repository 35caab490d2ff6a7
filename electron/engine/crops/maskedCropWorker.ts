import type { NucleiSource } from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { buffersOf, cropEncoder } from '../../../models/nucleusVit/crop.ts'
import {
  drawMaskedCrop,
  type MaskedCrop,
  type MaskedCropRecipe,
  type SeenByTokenizer,
} from '../../../models/train/maskedCrop.ts'
import { measuredRows, regionMeasurer } from './regionMeasurements.ts'
import { serveDrawing, type Drawing } from './cropStreamWorker.ts'
import { heldOutOf, planRegions, regionReader, seedOfCrop, type TrainingRegion } from './trainingRegions.ts'

/** Describes masked crops for pre-training, from all regions with nuclei. */
export interface MaskedCropJob {
  readonly sources: readonly NucleiSource[]
  readonly config: NucleusVitConfig
  readonly mpp: number
  readonly recipe: MaskedCropRecipe
  readonly seed: number
  /** What the tokenizer looks at. */
  readonly seen: SeenByTokenizer
  /** Also measure the nuclei. */
  readonly measured: boolean
  /** Also draw a second view of each crop. */
  readonly twoViews: boolean
  /** Share of the regions from which no crop is drawn; see heldOutOf. */
  readonly heldOutShare: number
}

/** A masked crop, with the measured features [N, measuredCount] of its nuclei if they are asked for. */
export interface MeasuredCrop extends MaskedCrop {
  readonly measured?: Float32Array
}

async function prepare(job: MaskedCropJob): Promise<Drawing<MeasuredCrop>> {
  const { sources, config, mpp, recipe, seed } = job
  const all = await planRegions(sources, mpp, config.imageSize)
  const heldOut = heldOutOf(all, job.heldOutShare, seed)
  const regions = all.filter((_, i) => !heldOut.has(i))
  const setOf = ({ source }: TrainingRegion) => sources[source].set ?? 0
  const area = (config.imageSize * mpp) ** 2
  // Sets take turns. Within a set, a region is visited as often as crops fit into it.
  const sets = [...new Set(regions.map(setOf))].map((set) => {
    const visits = regions.flatMap((region, i) => {
      const size = region.width * region.height * sources[region.source].mpp ** 2
      return setOf(region) === set ? new Array<number>(Math.max(1, Math.round(size / area))).fill(i) : []
    })
    return { visits, order: shuffled(visits.length, seed * 1009 + set * 31) }
  })
  const reader = regionReader(sources, mpp)
  const measure = job.measured ? await regionMeasurer(sources, mpp, regions, reader.read, seed) : undefined
  const encoder = cropEncoder(config, { training: true })
  return {
    cropsPerEpoch: sets.reduce((n, { visits }) => n + visits.length, 0),
    async draw(k) {
      const { visits, order } = sets[k % sets.length]
      const region = regions[visits[order(Math.floor(k / sets.length))]]
      const image = await reader.read(region)
      const rng = random(seedOfCrop(seed, k))
      const drawn = drawMaskedCrop(image, config, recipe, job.seen, rng, job)
      const crop = measure ? { ...drawn, measured: measuredRows(measure(region, image), drawn.index) } : drawn
      return { crop, feeds: encoder.encode(crop.rgb, crop.boxes) }
    },
  }
}

/** Returns a function that gives the k-th number of endless rounds through 0 … count − 1, each round in a new order. */
function shuffled(count: number, seed: number): (k: number) => number {
  let kept: { round: number; order: Uint32Array } | undefined
  return (k) => {
    const round = Math.floor(k / count)
    if (kept?.round !== round) kept = { round, order: random(seed + round).permutation(count) }
    return kept.order[k % count]
  }
}

serveDrawing(prepare, buffersOf)
