import type { DetectorSource } from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import { detectorCrop, type DetectorAugmentation, type DetectorPicture } from '../../../models/detector/trainingCrop.ts'
import { detectorInput } from '../../../models/detector/input.ts'
import type { DetectorTargets } from '../../../models/detector/targets.ts'
import { serveDrawing, type Drawing } from '../crops/cropStreamWorker.ts'
import { seedOfCrop } from '../crops/trainingRegions.ts'
import { openSources, type TrainingPicture } from './pictures.ts'

/** Describes the crops on which a detector is trained. */
export interface DetectorCropJob {
  readonly sources: readonly DetectorSource[]
  readonly side: number
  /** µm per pixel of the crops. */
  readonly mpp: number
  readonly augmentation: DetectorAugmentation
  readonly seed: number
}

/** The number of targets in a crop. */
export type CropCounts = Pick<DetectorTargets, 'centres' | 'knownCells'>

/** The feeds of one crop, named as in the loss. */
export interface DetectorFeeds {
  readonly image: Float32Array<ArrayBuffer>
  readonly positive: Float32Array<ArrayBuffer>
  readonly negative: Float32Array<ArrayBuffer>
  readonly inside: Float32Array<ArrayBuffer>
  readonly known: Float32Array<ArrayBuffer>
}

async function prepare(job: DetectorCropJob): Promise<Drawing<CropCounts, DetectorFeeds>> {
  const { sources, side, mpp, augmentation, seed } = job
  const pictures = await openSources(sources, mpp)
  const total = sources.reduce((sum, { share }) => sum + share, 0)
  const read = keptPictures()
  return {
    cropsPerEpoch: pictures.reduce((n, { length }) => n + length, 0),
    async draw(k) {
      const rng = random(seedOfCrop(seed, k))
      let left = rng.next() * total
      const source = sources.findIndex(({ share }) => (left -= share) < 0)
      const own = pictures[Math.max(source, 0)]
      const picture = await read(own[rng.below(own.length)])
      const { rgb, targets } = detectorCrop(picture, side, augmentation, rng)
      const { positive, negative, inside, known, centres, knownCells } = targets
      return {
        crop: { centres, knownCells },
        feeds: { image: detectorInput(rgb, side, side, side), positive, negative, inside, known },
      }
    },
  }
}

/** Size of the cache of decoded pictures, bytes: enough for some hundred tiles. */
const keptBytes = 600e6

function keptPictures() {
  const kept = new Map<TrainingPicture, DetectorPicture>()
  let bytes = 0
  return async (picture: TrainingPicture): Promise<DetectorPicture> => {
    const known = kept.get(picture)
    const image = known ?? (await picture.read())
    if (!known) bytes += image.rgb.length
    kept.delete(picture)
    kept.set(picture, image) // the most recently used is last
    for (const [oldest, { rgb }] of kept) {
      if (bytes <= keptBytes) break
      kept.delete(oldest)
      bytes -= rgb.length
    }
    return image
  }
}

serveDrawing(prepare, (feeds: DetectorFeeds) => Object.values(feeds).map(({ buffer }) => buffer as ArrayBuffer))
