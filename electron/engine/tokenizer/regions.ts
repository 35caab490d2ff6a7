import { FailureError, message, unwrap } from '../../contract/index.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'
import { openSlide, tissueForDetection, type TissuePicture } from '../../slides/index.ts'

/** A picture with more pixels is treated as a slide and read region by region. */
const mostPixels = 30e6
/** Minimum side of a region, pixels: the side of most data sets' pictures. */
const leastSide = 1024
/** Assumed scale. It only sets the resolution of the overview in which tissue is searched. */
const overviewMpp = 0.5

/**
 * Splits a picture into pictures that can be read whole. A small picture is returned as it is. For a slide, returns the
 * regions with a nucleus or, if no nuclei are given, those with more tissue than glass. A nucleus belongs to the region
 * of its centre. Throws FailureError 'empty' if no region is left.
 */
export async function readableParts(image: DataImage, most = mostPixels): Promise<DataImage[]> {
  if (image.width * image.height <= most) return [image]
  const columns = cuts(image.width)
  const rows = cuts(image.height)
  const members = membersOf(image, columns, rows)
  const tissue = image.boxes.length > 0 ? undefined : await tissueOf(image)
  const parts: DataImage[] = []
  for (let row = 0; row + 1 < rows.length; row++)
    for (let column = 0; column + 1 < columns.length; column++) {
      const [x, y] = [columns[column], rows[row]]
      const place = { x, y, width: columns[column + 1] - x, height: rows[row + 1] - y }
      const own = members.get(row * columns.length + column) ?? []
      if (tissue ? tissueShare(tissue, place) > 0.5 : own.length > 0) parts.push(partOf(image, place, own))
    }
  if (parts.length === 0) throw new FailureError('empty', message('noTissueOn', { path: image.path }))
  return parts
}

interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Returns the borders of nearly equal parts, from 0 to `length`. */
function cuts(length: number): number[] {
  const n = Math.max(1, Math.floor(length / leastSide))
  return Array.from({ length: n + 1 }, (_, i) => Math.round((i * length) / n))
}

/** Returns the nuclei of each region. */
function membersOf({ boxes }: DataImage, columns: readonly number[], rows: readonly number[]): Map<number, number[]> {
  const members = new Map<number, number[]>()
  const among = (borders: readonly number[], at: number) =>
    Math.min(Math.max(Math.floor((at / borders[borders.length - 1]) * (borders.length - 1)), 0), borders.length - 2)
  for (let i = 0; i < boxes.length / 4; i++) {
    const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4)
    const key = among(rows, (y0 + y1) / 2) * columns.length + among(columns, (x0 + x1) / 2)
    const known = members.get(key)
    if (known) known.push(i)
    else members.set(key, [i])
  }
  return members
}

async function tissueOf({ path, mpp }: DataImage): Promise<TissuePicture> {
  const reader = unwrap(await openSlide(path))
  try {
    return await tissueForDetection(reader, mpp ?? overviewMpp)
  } finally {
    await reader.close()
  }
}

function tissueShare({ width, height, scale, mask }: TissuePicture, place: Place): number {
  const end = (to: number, limit: number) => Math.min(Math.max(Math.ceil(to), 1), limit)
  const [right, bottom] = [
    end((place.x + place.width) / scale[0], width),
    end((place.y + place.height) / scale[1], height),
  ]
  const left = Math.min(Math.floor(place.x / scale[0]), right - 1)
  const top = Math.min(Math.floor(place.y / scale[1]), bottom - 1)
  let count = 0
  for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) count += mask[v * width + u]
  return count / ((right - left) * (bottom - top))
}

function partOf(image: DataImage, place: Place, own: readonly number[]): DataImage {
  const { x, y, width, height } = place
  const boxes = new Float32Array(4 * own.length)
  for (const [k, i] of own.entries()) {
    const [x0, y0, x1, y1] = image.boxes.subarray(4 * i, 4 * i + 4)
    boxes.set([Math.max(x0 - x, 0), Math.max(y0 - y, 0), Math.min(x1 - x, width), Math.min(y1 - y, height)], 4 * k)
  }
  const { classIndex } = image
  return {
    ...image,
    name: `${image.name}@${x},${y}`,
    width,
    height,
    boxes,
    ...(classIndex && { classIndex: Int16Array.from(own, (i) => classIndex[i]) }),
    outlines: () => undefined,
    pixels: async () => {
      const reader = unwrap(await openSlide(image.path))
      try {
        return await reader.region(place, width, height)
      } finally {
        await reader.close()
      }
    },
  }
}
