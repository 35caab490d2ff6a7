import { gridOf, mlpRatio, roiSize, type NucleusVitConfig } from './config.ts'

/**
 * Floating-point operations of the matrix products of one forward pass (2 per multiply–add): embeddings, projections,
 * attention and MLP. RoIAlign counts by its useful work, four products per feature of each bin, not as the dense
 * matrix it is written as; element-wise work does not count. Training counts three times as much.
 */
export function forwardFlops(config: NucleusVitConfig, nuclei: number): number {
  const { width: d, layers, patchSize } = config
  const patches = gridOf(config) ** 2
  const tokens = 1 + patches + nuclei
  const bins = roiSize * roiSize
  const embed = patches * 3 * patchSize ** 2 * d + nuclei * bins * 4 * d + nuclei * bins * d * d
  const block = tokens * d * 3 * d + 2 * tokens * tokens * d + tokens * d * d + 2 * tokens * d * mlpRatio * d
  return 2 * (embed + layers * block)
}
