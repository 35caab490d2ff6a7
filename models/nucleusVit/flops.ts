import { stemChannels, stemMultiplications, type StemName } from '../stem/efficientNet.ts'
import { gridOf, mlpRatio, roiSize, roiStrides, type NucleusVitConfig } from './config.ts'
import { binWidths } from './stemEmbedding.ts'

/**
 * Floating-point operations of the matrix products of one forward pass (2 per multiply–add): embeddings, projections,
 * attention and MLP. RoIAlign is written as a dense matrix product but counted by its useful work, four products per
 * feature of each bin. Element-wise work is not counted. Training costs three times as much.
 */
export function forwardFlops(config: NucleusVitConfig, nuclei: number): number {
  const { width: d, layers, patchSize } = config
  const patches = gridOf(config) ** 2
  const tokens = 1 + patches + nuclei
  const bins = roiSize * roiSize
  const plain = patches * 3 * patchSize ** 2 * d + nuclei * bins * 4 * d + nuclei * bins * d * d
  const embed = config.stem ? throughStem(config, config.stem, nuclei) : plain
  const block = tokens * d * 3 * d + 2 * tokens * tokens * d + tokens * d * d + 2 * tokens * d * mlpRatio * d
  return 2 * (embed + layers * block)
}

function throughStem({ width, imageSize, patchSize }: NucleusVitConfig, stem: StemName, nuclei: number): number {
  const channels = stemChannels(stem)
  const patches = (imageSize / patchSize) ** 2 * channels[16] * width
  const perBin = roiStrides.reduce((sum, stride) => sum + channels[stride] * (4 + binWidths[stride]), 0)
  const binWidth = roiStrides.reduce((sum, stride) => sum + binWidths[stride], 0)
  const perNucleus = roiSize ** 2 * (perBin + binWidth * width) + width ** 2
  return stemMultiplications(stem, imageSize) + patches + nuclei * perNucleus
}
