import { FailureError, inEnglish, message } from '../../contract/index.ts'
import type { DataImage, DataSet } from '../../formats/dataSets/index.ts'
import { builtInDetector, findDetector } from '../../launch/detectors.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { readDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { centroidOf } from '../../../models/detector/outline.ts'
import { matchCentroids } from '../../../models/metrics/matchCentroids.ts'
import { boxOf, nucleiFromOutlines, outlineOf } from '../../../models/nuclei/nuclei.ts'
import { detectNuclei } from '../nuclei.ts'
import { progress } from '../verb.ts'

/** Default radius within which a dot belongs to a found nucleus, µm: about that of a nucleus. */
export const dotRadius = 4

/** A detector to find the nuclei with that dots stand for. */
export interface DotDetector {
  /** Detector folder; undefined for the classical detector. */
  readonly folder?: string
  /** Its title for people; null for the classical detector. */
  readonly title: string | null
}

/** How the dots of a data set became boxes. */
export interface DotMatch {
  readonly detector: string | null
  /** µm */
  readonly radius: number
  readonly dots: number
  readonly matched: number
  /** Found nuclei without a dot. They have no label. */
  readonly unlabelled: number
}

/** Returns the detector of --detector, or the built-in one. Throws FailureError 'not-found'. */
export async function dotDetector(idOrFolder: string | undefined): Promise<DotDetector> {
  const folder = idOrFolder === undefined ? builtInDetector() : await findDetector(idOrFolder)
  return folder === undefined ? { title: null } : { folder, title: (await readDetectorFolder(folder)).json.title }
}

/**
 * Gives the dots of a data set boxes: finds the nuclei of its pictures and matches them one to one with the dots,
 * nearest first, within `radius` µm. The returned set holds every nucleus found, with its outline. A matched one has the
 * dot's class; the others have none (−1), so they are context only. Dots without a nucleus are left out. Says on stderr
 * how many of each. A set without dots is returned as it is. The scale of its images must be known. Throws FailureError
 * 'empty' if no dot is matched.
 */
export async function boxesOfDots(
  engine: Engine,
  set: DataSet,
  { folder, title }: DotDetector,
  radius: number,
): Promise<{ set: DataSet; match?: DotMatch }> {
  if (!set.images.some(({ centres }) => centres)) return { set }
  const images: DataImage[] = []
  let [dots, matched, found] = [0, 0, 0]
  for (const [i, image] of set.images.entries()) {
    progress(`finding nuclei of ${set.path}: ${i + 1}/${set.images.length}`)
    if (!image.centres) {
      images.push(image)
      continue
    }
    const outlines = await outlinesOn(engine, image, folder)
    const { pairs } = matchCentroids(image.centres, outlines.flatMap(centroidOf), radius / image.mpp!)
    images.push(withOutlines(image, outlines, pairs))
    dots += image.centres.length / 2
    matched += pairs.length
    found += outlines.length
  }
  if (matched === 0)
    throw new FailureError('empty', message('dotsNone', { path: set.path, dots, radius, detector: title }))
  const match = { detector: title, radius, dots, matched, unlabelled: found - matched }
  const { unlabelled: others, ...said } = match
  process.stderr.write(`${inEnglish(message('dotsMatched', { path: set.path, ...said, others }))}\n`)
  return { set: { ...set, images }, match }
}

/** Returns the outlines of an image's nuclei, row by row: the order in which regions are searched may vary. */
async function outlinesOn(engine: Engine, image: DataImage, detector: string | undefined): Promise<Float64Array[]> {
  const nuclei = await detectNuclei(engine, image.path, image.mpp!, { detector })
  const boxes = Array.from({ length: nuclei.count }, (_, i) => boxOf(nuclei, i))
  return [...boxes.keys()]
    .sort((a, b) => boxes[a][1] - boxes[b][1] || boxes[a][0] - boxes[b][0])
    .map((i) => outlineOf(nuclei, i))
}

/** Returns the image with outlined nuclei in place of dots. `pairs`: dot and outline that belong together. */
function withOutlines(
  image: DataImage,
  outlines: readonly Float64Array[],
  pairs: readonly (readonly [number, number])[],
): DataImage {
  const nuclei = nucleiFromOutlines(outlines, 'detected')
  const ofOutline = new Int16Array(outlines.length).fill(-1)
  for (const [dot, outline] of pairs) ofOutline[outline] = image.classIndex?.[dot] ?? -1
  return {
    ...image,
    centres: undefined,
    boxes: Float32Array.from(outlines.flatMap((_, i) => boxOf(nuclei, i))),
    classIndex: ofOutline,
    outlines: () => Promise.resolve(outlines),
  }
}
