import type { Value } from '../graph/graph.ts'
import { efficientNet, featureStrides } from '../stem/efficientNet.ts'
import type { DetectorConfig } from './config.ts'
import { detectorDecoder, type DetectorOutput } from './decoder.ts'

/**
 * Predicts centres and outlines of nuclei: EfficientNet-Lite0's first eleven blocks, with parameters `stem.…` as in a
 * nucleus ViT with a stem, and a decoder.
 * @param image [B, 3, S, S], S divisible by 16, pixels as the stem takes them, of `config.mpp` µm
 */
export function nucleusDetector(config: DetectorConfig, image: Value): DetectorOutput {
  const features = image.graph.scope('stem', () => efficientNet(image, config.stem))
  return detectorDecoder(
    config,
    featureStrides.map((stride) => features[stride]),
  )
}
