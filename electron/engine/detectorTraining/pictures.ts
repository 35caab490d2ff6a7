import { FailureError, meanMpp, message, unwrap, type DetectorSource, type Rect } from '../../contract/index.ts'
import { chooseTiles, openDataSet, type DataImage } from '../../formats/dataSets/index.ts'
import { openSlide } from '../../slides/index.ts'
import { convexHull, polygonArea } from '../../../models/geometry/hull.ts'
import { innerPoint } from '../../../models/geometry/outline.ts'
import type { DetectorPicture } from '../../../models/detector/trainingCrop.ts'

/** A training picture of the detector, read on demand. */
export interface TrainingPicture {
  readonly name: string
  read(): Promise<DetectorPicture>
}

/**
 * Returns the pictures of each source, in order. Throws the errors of opening a data set, and FailureError 'no-scale'.
 * @param seenMpp µm per pixel of the pictures as the detector sees them
 */
export const openSources = (sources: readonly DetectorSource[], seenMpp: number): Promise<TrainingPicture[][]> =>
  Promise.all(
    sources.map((source) =>
      source.empty ? emptyRegions(source, source.empty, seenMpp) : labelledPictures(source, seenMpp),
    ),
  )

async function labelledPictures(source: DetectorSource, seenMpp: number): Promise<TrainingPicture[]> {
  const [{ images }] = chooseTiles([await openDataSet(source.data)], source.tiles).chosen
  if (images.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  const pictures = images.flatMap((image): TrainingPicture[] => {
    const mpp = scaleOf(image, source)
    return Math.min(image.width, image.height) * mpp < leastSide
      ? []
      : [{ name: image.name, read: () => readPicture(image, mpp, source.merged ?? false, seenMpp) }]
  })
  if (pictures.length === 0)
    throw new FailureError('invalid-input', message('sourceSmall', { path: source.data, least: leastSide }))
  return pictures
}

/** Minimum side, µm. A smaller picture, and its nuclei, would have to be enlarged to fill a crop. */
const leastSide = 100

/** Returns the µm per pixel of a picture. */
function scaleOf({ path, mpp, boxes }: DataImage, { mpp: given, medianDiameter }: DetectorSource): number {
  if (mpp ?? given) return (mpp ?? given)!
  if (medianDiameter !== undefined && boxes.length > 0) {
    const diameters = Float32Array.from({ length: boxes.length / 4 }, (_, i) => {
      const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4)
      return Math.sqrt((x1 - x0) * (y1 - y0))
    }).sort()
    return medianDiameter / diameters[diameters.length >> 1]
  }
  throw new FailureError('no-scale', message('sourceNoScale', { path }))
}

async function pixelsAt(
  path: string,
  mpp: number,
  seenMpp: number,
  rect?: Rect,
): Promise<Pick<DetectorPicture, 'width' | 'height' | 'rgb'>> {
  const reader = unwrap(await openSlide(path, { mpp }))
  try {
    const { x, y, width, height } = rect ?? { x: 0, y: 0, ...reader.info }
    const size = [width, height].map((length) => Math.round((length * mpp) / seenMpp))
    const { data } = await reader.region({ x, y, width, height }, size[0], size[1])
    return { width: size[0], height: size[1], rgb: data }
  } finally {
    await reader.close()
  }
}

async function readPicture(image: DataImage, mpp: number, merged: boolean, seenMpp: number): Promise<DetectorPicture> {
  const pixels = await pixelsAt(image.path, mpp, seenMpp)
  const [sx, sy] = [pixels.width / image.width, pixels.height / image.height]
  const scaled = (points: ArrayLike<number>) => Float64Array.from(points, (v, k) => v * (k % 2 ? sy : sx))
  if (image.centres) {
    const dots = scaled(image.centres)
    const nuclei = Array.from({ length: dots.length / 2 }, (_, i) => ({ x: dots[2 * i], y: dots[2 * i + 1] }))
    return { ...pixels, nuclei, clumps: [], isOutlined: false }
  }
  const outlines = await image.outlines()
  if (!outlines) throw new FailureError('invalid-input', message('sourceBoxes', { path: image.path }))
  const rings = outlines.map(scaled)
  const area = seenMpp ** 2 // µm² of a pixel
  const isOne = (ring: Float64Array) => (merged ? looksLikeOne(ring, area) : polygonArea(ring) * area >= leastArea)
  return {
    ...pixels,
    nuclei: rings.filter(isOne).map((ring) => {
      const [x, y] = innerPoint(ring)
      return { x, y, ring }
    }),
    clumps: rings.filter((ring) => !isOne(ring)),
    isOutlined: true,
  }
}

/** Minimum area of a nucleus, µm². A smaller one is a fragment at a picture's edge or an annotation error. */
const leastArea = 3
/**
 * Area, µm², and solidity of a single nucleus. Touching nuclei that are one object in a mask are rarely so small, round and
 * convex. Chosen by eye.
 */
const singleArea = [8, 130] as const
const singleSolidity = 0.9

function looksLikeOne(ring: Float64Array, perPixel: number): boolean {
  const area = polygonArea(ring) * perPixel
  const hull = polygonArea(convexHull(ring)) * perPixel
  return area >= singleArea[0] && area <= singleArea[1] && area >= singleSolidity * hull
}

/** Returns the regions of a slide that hold no nucleus. */
async function emptyRegions(
  { data, mpp: given }: DetectorSource,
  regions: readonly Rect[],
  seenMpp: number,
): Promise<TrainingPicture[]> {
  const reader = unwrap(await openSlide(data, { mpp: given }))
  const { mpp } = reader.info
  await reader.close()
  if (!mpp) throw new FailureError('no-scale', message('sourceNoScale', { path: data }))
  return regions.map((rect) => ({
    name: `${data}@${rect.x},${rect.y}`,
    read: async () => ({
      ...(await pixelsAt(data, meanMpp(mpp), seenMpp, rect)),
      nuclei: [],
      clumps: [],
      isOutlined: true,
    }),
  }))
}
