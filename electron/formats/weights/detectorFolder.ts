import { z } from 'zod'
import { stems, type StemName } from '../../../models/stem/efficientNet.ts'
import { detectorMpp } from '../../../models/detector/config.ts'
import { readDescribedFolder, writeDescribedFolder, type DescribedFolder } from './describedFolder.ts'
import type { TensorsToStore } from './safetensors.ts'

/** `detector.json`. A detector's folder also holds `weights.safetensors` and `README.md` (the card). */
const detectorJsonSchema = z.object({
  format: z.literal('karyon-detector'),
  version: z.literal(1),
  id: z.string().min(1),
  title: z.string().min(1),
  architecture: z
    .object({
      stem: z.enum(Object.keys(stems) as [StemName]),
      width: z.int().min(1).max(1024),
      fineWidth: z.int().min(1).max(1024),
      groups: z.int().min(1).max(1024),
      rays: z.int().min(8).max(256).multipleOf(4),
      /** Detectors that do not say it were made for 0.5. */
      mpp: z.number().min(detectorMpp.least).max(detectorMpp.most).default(0.5),
    })
    .refine(
      ({ width, fineWidth, groups }) => width % groups === 0 && fineWidth % groups === 0,
      'widths must be divisible by groups',
    ),
  /** Lowest probability at which a nucleus is kept. */
  threshold: z.number().gt(0).lt(1),
  created: z.string(),
  licence: z.string(),
  /** What it was trained on and how, for the record. */
  training: z.record(z.string(), z.unknown()),
  /** SHA-256 of weights.safetensors. */
  weightsHash: z.string(),
})
export type DetectorJson = z.infer<typeof detectorJsonSchema>
export type DetectorDescription = Omit<DetectorJson, 'format' | 'version' | 'id' | 'weightsHash'>
export type DetectorFolder = DescribedFolder<DetectorJson>

const kind = { name: 'detector', schema: detectorJsonSchema }

/** Reads a detector's description and weights. Throws the same as `readDescribedFolder`. */
export const readDetectorFolder = (path: string): Promise<DetectorFolder> => readDescribedFolder(path, kind)

/** Writes a detector's folder, as `writeDescribedFolder` does. */
export const writeDetectorFolder = (
  path: string,
  description: DetectorDescription,
  weights: TensorsToStore,
  card: (json: DetectorJson) => string,
): Promise<DetectorJson> =>
  writeDescribedFolder(
    path,
    kind,
    weights,
    (id, weightsHash) => ({ format: 'karyon-detector', version: 1, id, ...description, weightsHash }),
    card,
  )
