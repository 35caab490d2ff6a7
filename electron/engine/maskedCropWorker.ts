import { parentPort, workerData } from 'node:worker_threads'
import { attempt, unwrap, type Failure, type NucleiSource } from '../contract/index.ts'
import { random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder, type CropFeeds } from '../../models/nucleusVit/crop.ts'
import { drawMaskedCrop, type MaskedCrop, type MaskedCropRecipe } from '../../models/train/maskedCrop.ts'
import { planRegions, regionReader, type TrainingRegion } from './trainingRegions.ts'

/**
 * A thread that draws masked crops ahead of the engine. Crop number k depends on the seed and k alone, so it does not
 * matter how far ahead it is, nor whether the run was interrupted. Never loads onnxruntime.
 */
export interface MaskedCropJob {
  readonly sources: readonly NucleiSource[]
  readonly config: NucleusVitConfig
  readonly mpp: number
  readonly recipe: MaskedCropRecipe
  readonly seed: number
}
export type MaskedCropReply =
  | { readonly kind: 'ready'; readonly cropsPerEpoch: number; readonly nuclei: number; readonly regions: number }
  | { readonly kind: 'crop'; readonly crop: MaskedCrop; readonly feeds: CropFeeds }
  | { readonly kind: 'failure'; readonly failure: Failure }

async function serve(job: MaskedCropJob): Promise<void> {
  const { sources, config, mpp, recipe, seed } = job
  const regions = await planRegions(sources, mpp, config.imageSize)
  const setOf = ({ source }: TrainingRegion) => sources[source].set ?? 0
  const area = (config.imageSize * mpp) ** 2
  // Sets take turns; within one, a region is met as often as crops fit into it.
  const sets = [...new Set(regions.map(setOf))].map((set) => {
    const visits = regions.flatMap((region, i) => {
      const size = region.width * region.height * sources[region.source].mpp ** 2
      return setOf(region) === set ? new Array<number>(Math.max(1, Math.round(size / area))).fill(i) : []
    })
    return { visits, order: shuffled(visits.length, seed * 1009 + set * 31) }
  })
  const reader = regionReader(sources, mpp)
  const encoder = cropEncoder(config)
  const post = (reply: MaskedCropReply, moved: ArrayBuffer[] = []) => parentPort?.postMessage(reply, moved)
  const draw = async (k: number) => {
    const { visits, order } = sets[k % sets.length]
    const turn = Math.floor(k / sets.length)
    const rng = random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(k + 1, 0x85ebca6b))
    const image = await reader.read(regions[visits[order(turn)]])
    const crop = drawMaskedCrop(image, config, recipe, rng)
    return { crop, feeds: encoder.encode(crop.rgb, crop.boxes) }
  }
  const nuclei = sources.reduce((n, source) => n + source.nuclei.count, 0)
  let queue = Promise.resolve()
  parentPort?.on('message', (k: number) => {
    // One at a time: the reader's cache is simple, and the order of replies is that of the orders.
    queue = queue.then(async () => {
      const result = await attempt(() => draw(k))
      if (!result.ok) return post({ kind: 'failure', failure: result.failure })
      const { crop, feeds } = unwrap(result)
      post({ kind: 'crop', crop, feeds }, [feeds.image.buffer, feeds.roi.buffer] as ArrayBuffer[])
    })
  })
  post({
    kind: 'ready',
    cropsPerEpoch: sets.reduce((n, { visits }) => n + visits.length, 0),
    nuclei,
    regions: regions.length,
  })
}

/** The k-th of endlessly many turns through 0 … count − 1, each time in another order. */
function shuffled(count: number, seed: number): (k: number) => number {
  let kept: { round: number; order: Uint32Array } | undefined
  return (k) => {
    const round = Math.floor(k / count)
    if (kept?.round !== round) kept = { round, order: random(seed + round).permutation(count) }
    return kept.order[k % count]
  }
}

const started = await attempt(() => serve(workerData as MaskedCropJob))
if (!started.ok) parentPort?.postMessage({ kind: 'failure', failure: started.failure } satisfies MaskedCropReply)
