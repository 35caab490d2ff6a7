import { FailureError, message } from '../../../contract/index.ts'
import { basename } from 'node:path'
import { jsonParts } from '../../files/jsonParts.ts'
import { outlineOf } from '../geometry.ts'
import type { FileRecord, Importer, NucleusRecord, SlideSize } from '../importer.ts'

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
const kinds = 'Multiple polygons|Polygon|Multiple points|Point|Multiple 2D bounding boxes|2D bounding box'
const members = ['type', 'name', 'path_points', 'point', 'corners', 'probability']
const paths = [...['polygons[]', 'points[]', 'boxes[]'], ...members].map((member) => `$.${member}`)

/**
 * Yields the nuclei of grand-challenge.org's annotation JSON: polygons (`path_points`), points and boxes (`corners`), each
 * with a name, which is its class, and a probability. Coordinates are taken as level-0 pixels. The format does not state
 * the unit, and some challenges write millimetres, so a file of fractions that all lie in the slide's first few pixels is
 * refused.
 */
async function* records(path: string, slide: SlideSize): AsyncGenerator<FileRecord[]> {
  const alone: Record<string, unknown> = {}
  const extent = { largest: 0, objects: 0, fractions: 0 }
  for await (const parts of jsonParts(path, paths)) {
    const batch: FileRecord[] = []
    for (const { at, value } of parts) {
      if (at === '$end') {
        if (alone.path_points ?? alone.point ?? alone.corners) batch.push(recordOf(alone))
      } else if (at.endsWith('[]')) batch.push(recordOf(value))
      else alone[at.slice(2)] = value
    }
    for (const record of batch) if (!('reason' in record)) measure(record, extent)
    if (batch.length > 0) yield batch
  }
  const mpp = typeof slide.mpp === 'object' ? slide.mpp?.x : slide.mpp
  const sideInMm = (Math.max(slide.width, slide.height) * (mpp ?? 0)) / 1000
  const areMillimetres = extent.largest <= sideInMm && extent.fractions > extent.objects / 2
  if (mpp && extent.objects > 4 && areMillimetres && extent.largest < Math.max(slide.width, slide.height) / 100)
    throw new FailureError('invalid-input', message('inMillimetres', { file: basename(path) }))
}

function recordOf(value: unknown): FileRecord {
  if (!isObject(value)) return { reason: 'notFeatures' }
  const { name, path_points: ring, point, corners, probability } = value
  const className = typeof name === 'string' && name !== '' ? name : undefined
  const about: NucleusRecord = {
    className,
    ...(typeof probability === 'number' && { measurements: [['probability', probability]] as const }),
  }
  if (Array.isArray(ring)) return { ...about, outline: pointsOf(ring) }
  if (Array.isArray(corners)) return { ...about, outline: pointsOf(corners) }
  return Array.isArray(point) && typeof point[0] === 'number' && typeof point[1] === 'number'
    ? { ...about, centre: [point[0], point[1]] }
    : { reason: 'noCoordinates' }
}

function pointsOf(points: unknown[]): NucleusRecord['outline'] {
  const flat: number[] = []
  for (const point of points) {
    const [x, y] = Array.isArray(point) ? (point as unknown[]) : []
    if (typeof x !== 'number' || typeof y !== 'number') return { reason: 'notNumbers', count: 1 }
    flat.push(x, y)
  }
  return outlineOf(flat)
}

function measure(
  { outline, centre }: FileRecord & NucleusRecord,
  extent: { largest: number; objects: number; fractions: number },
): void {
  const places = outline && 'ring' in outline ? outline.ring : (centre ?? [])
  extent.objects++
  for (const v of places) extent.largest = Math.max(extent.largest, v)
  if (places.some((v) => v % 0.5 !== 0)) extent.fractions++
}

export const grandChallengeImport: Importer = {
  name: 'grand-challenge JSON',
  endings: ['.json'],
  detect: (_, head) =>
    new RegExp(`^\\s*\\{[^{]{0,500}"type"\\s*:\\s*"(${kinds})"`).test(head) &&
    /"(path_points|points?|polygons|boxes|corners)"/.test(head) &&
    !/"coordinates"/.test(head),
  records,
}
