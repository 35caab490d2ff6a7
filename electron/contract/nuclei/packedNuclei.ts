import { message } from '../messages/message.ts'
import { decodeColumns, encodeColumns, type Column, type Columns } from './columns.ts'
import { FailureError } from '../messages/failure.ts'
import type { Nuclei } from './nuclei.ts'

/**
 * Nuclei as stored in a project and sent to the page: two column buffers of small integers, which compress well.
 * Coordinates are integers in hundredths of a level-0 pixel. This is finer than the accuracy of any outline (25 nm at
 * .25 µm/px is a tenth of a pixel), and it preserves the two decimals that QuPath writes.
 */
export const unitsPerPixel = 100

/** Nuclei without their outlines: enough for dots, counts, regions and labels. */
export interface NucleusHead {
  readonly count: number
  readonly origin: Float64Array
  readonly id: Uint32Array
  readonly box: Float32Array
  readonly source: Uint8Array
  /**
   * Version of the slide's nuclei in which each nucleus got its current outline. An older prediction was made for
   * another outline.
   */
  readonly since: Uint32Array
}

export const headOf = ({ count, origin, id, box, source }: Nuclei, since: Uint32Array): NucleusHead => ({
  count,
  origin,
  id,
  box,
  source,
  since,
})

/** Packs head columns: ids and corners as differences from the previous nucleus, sizes as they are. */
export function packHead({ origin, id, box, source, since }: NucleusHead): Uint8Array<ArrayBuffer> {
  const count = id.length
  const idStep = new Int32Array(count)
  const [x, y, width, height] = [0, 1, 2, 3].map(() => new Int32Array(count))
  let before = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => units(box[4 * i + k]))
    idStep[i] = id[i] - before[0]
    x[i] = left - before[1]
    y[i] = top - before[2]
    width[i] = right - left
    height[i] = bottom - top
    before = [id[i], left, top]
  }
  return encodeColumns({
    origin,
    idStep: narrowest(idStep),
    x: narrowest(x),
    y: narrowest(y),
    width: narrowest(width),
    height: narrowest(height),
    source,
    since: narrowest(Int32Array.from(since)),
  })
}

/** Inverse of packHead. Throws RangeError on a damaged buffer. */
export function unpackHead(bytes: Uint8Array): NucleusHead {
  const c = decodeColumns(bytes)
  const names = ['idStep', 'x', 'y', 'width', 'height', 'source', 'since'] as const
  const count = c.idStep?.length ?? -1
  if (c.origin?.length !== 2 || names.some((name) => c[name]?.length !== count))
    throw new RangeError('Nucleus columns disagree about their number.')
  const id = new Uint32Array(count)
  const box = new Float32Array(4 * count)
  let [last, left, top] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    id[i] = last += c.idStep[i]
    left += c.x[i]
    top += c.y[i]
    box[4 * i] = left / unitsPerPixel
    box[4 * i + 1] = top / unitsPerPixel
    box[4 * i + 2] = (left + c.width[i]) / unitsPerPixel
    box[4 * i + 3] = (top + c.height[i]) / unitsPerPixel
  }
  const origin = Float64Array.from(c.origin)
  return { count, origin, id, box, source: Uint8Array.from(c.source), since: Uint32Array.from(c.since) }
}

/**
 * Packs outline columns: points per nucleus, and each point as the difference from the previous one (the first: from
 * the box's top left corner).
 */
export function packOutlines({ count, box, outline, outlineStart }: Nuclei): Uint8Array<ArrayBuffer> {
  const points = new Int32Array(count)
  const steps = new Int32Array(outline.length)
  for (let i = 0; i < count; i++) {
    points[i] = outlineStart[i + 1] - outlineStart[i]
    let x = units(box[4 * i])
    let y = units(box[4 * i + 1])
    for (let v = 2 * outlineStart[i]; v < 2 * outlineStart[i + 1]; v += 2) {
      const nextX = units(outline[v])
      const nextY = units(outline[v + 1])
      steps[v] = nextX - x
      steps[v + 1] = nextY - y
      x = nextX
      y = nextY
    }
  }
  return encodeColumns({ points: narrowest(points), steps: narrowest(steps) })
}

/** Returns the nuclei of a head with their outlines. Throws RangeError on damaged buffers. */
export function unpackNuclei(head: NucleusHead, outlines: Uint8Array): Nuclei {
  const { points, steps }: Columns = decodeColumns(outlines)
  const { count, origin, id, box, source } = head
  const outlineStart = new Uint32Array(count + 1)
  if (points?.length !== count) throw new RangeError('Outlines and nuclei disagree about their number.')
  for (let i = 0; i < count; i++) outlineStart[i + 1] = outlineStart[i] + points[i]
  if (steps?.length !== 2 * outlineStart[count]) throw new RangeError('Outlines disagree about their points.')
  const outline = new Float32Array(steps.length)
  for (let i = 0; i < count; i++) {
    let x = units(box[4 * i])
    let y = units(box[4 * i + 1])
    for (let v = 2 * outlineStart[i]; v < 2 * outlineStart[i + 1]; v += 2) {
      x += steps[v]
      y += steps[v + 1]
      outline[v] = x / unitsPerPixel
      outline[v + 1] = y / unitsPerPixel
    }
  }
  return { count, origin, id, box, outlineStart, outline, source }
}

const furthest = 2 ** 31 / unitsPerPixel / 2

function units(pixels: number): number {
  if (!(Math.abs(pixels) < furthest))
    throw new FailureError('invalid-input', message('coordinateOutside', { pixels: String(pixels) }))
  return Math.round(pixels * unitsPerPixel)
}

/** Returns the numbers in the smallest type that holds them all. */
function narrowest(values: Int32Array): Column {
  let [least, most] = [0, 0]
  for (const value of values) {
    if (value < least) least = value
    if (value > most) most = value
  }
  if (least >= 0 && most <= 0xff) return Uint8Array.from(values)
  if (least >= 0 && most <= 0xffff) return Uint16Array.from(values)
  if (least >= -0x8000 && most <= 0x7fff) return Int16Array.from(values)
  return values
}
