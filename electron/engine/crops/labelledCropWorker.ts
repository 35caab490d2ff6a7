import type { NucleiSource } from '../../contract/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { buffersOf, cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { cropSampler, type SamplingRecipe, type TrainingCrop } from './cropSampler.ts'
import { serveDrawing, type Drawing } from './cropStreamWorker.ts'
import { planLabelledRegions, type LabelledSource } from './labelledRegions.ts'
import { regionReader } from './trainingRegions.ts'

/** Describes crops around labelled nuclei, for fine-tuning. */
export interface LabelledCropJob {
  readonly sources: readonly (NucleiSource & LabelledSource)[]
  readonly config: NucleusVitConfig
  readonly mpp: number
  readonly recipe: SamplingRecipe
  readonly classes: number
  readonly seed: number
  /** Share of the crops of each data set (`set` of a source); see cropSampler. */
  readonly shares?: readonly number[]
}

async function prepare({ sources, config, mpp, ...how }: LabelledCropJob): Promise<Drawing<TrainingCrop>> {
  const regions = await planLabelledRegions(sources, mpp, config.imageSize)
  const reader = regionReader(sources, mpp)
  const encoder = cropEncoder(config, { training: true })
  const { cropsPerEpoch, draw } = cropSampler({
    ...how,
    config,
    regions: regions.map(({ source, area, labels, owned }) => ({
      labels,
      owned,
      set: sources[source].set,
      area: (area * sources[source].mpp ** 2) / mpp ** 2,
    })),
  })
  return {
    cropsPerEpoch,
    async draw(k) {
      const crop = await draw(k, (region) => reader.read(regions[region]))
      return { crop, feeds: encoder.encode(crop.rgb, crop.boxes) }
    },
  }
}

serveDrawing(prepare, buffersOf)
