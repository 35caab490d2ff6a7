import type { NucleiSource } from '../../contract/index.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { buffersOf, cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { cropSampler, type SamplingRecipe, type TrainingCrop } from './cropSampler.ts'
import { serveDrawing, type Drawing } from './cropStreamWorker.ts'
import { planLabelledRegions, type LabelledSource } from './labelledRegions.ts'
import { measuredRows, regionMeasurer } from './regionMeasurements.ts'
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
  /** Also measure the nuclei. */
  readonly measured?: boolean
}

async function prepare({ sources, config, mpp, measured, ...how }: LabelledCropJob): Promise<Drawing<TrainingCrop>> {
  const regions = await planLabelledRegions(sources, mpp, config.imageSize)
  const reader = regionReader(sources, mpp)
  const measure = measured ? await regionMeasurer(sources, mpp, regions, reader.read, how.seed) : undefined
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
      let rows: Float32Array | undefined
      const drawn = await draw(k, async (region) => {
        const image = await reader.read(regions[region])
        rows = measure?.(regions[region], image)
        return image
      })
      const crop = rows ? { ...drawn, measured: measuredRows(rows, drawn.index) } : drawn
      return { crop, feeds: encoder.encode(crop.rgb, crop.boxes) }
    },
  }
}

serveDrawing(prepare, buffersOf)
