import type { Value } from '../graph/graph.ts'
import type { DetectorConfig } from './config.ts'
import { detectorDecoder, type DetectorOutput } from './decoder.ts'
import { stemFeatures } from './stemDraft.ts'

/**
 * Where nuclei are: EfficientNet-Lite0's first eleven blocks and a decoder.
 * @param image [B, 3, S, S], S divisible by 16, (RGB − 127) / 128 at 0.5 µm per pixel
 */
export const nucleusDetector = (config: DetectorConfig, image: Value): DetectorOutput =>
  detectorDecoder(config, stemFeatures(image))
