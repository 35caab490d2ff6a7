import type { JpegHeader } from './header.ts'
import type { Plane, Units } from './scan.ts'

/** Whole pixels of an image. */
export interface Part {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Interleaved RGB: the byte of the left upper pixel, and bytes from line to line. */
export interface Target {
  readonly data: Uint8ClampedArray
  readonly at: number
  readonly stride: number
}

const between = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value))

/** The units that the pixels of `part` are made from: chroma is interpolated from its neighbours. */
export function unitsOf({ width, height, components: [luma, ...chroma] }: JpegHeader, part: Part): Units {
  const reachAcross = chroma.length && luma.across > 1 ? 2 : 0
  const reachDown = chroma.length && luma.down > 1 ? 2 : 0
  const [across, down] = [8 * luma.across, 8 * luma.down]
  return {
    left: Math.floor(Math.max(0, part.x - reachAcross) / across),
    top: Math.floor(Math.max(0, part.y - reachDown) / down),
    right: Math.ceil(Math.min(width, part.x + part.width + reachAcross) / across),
    bottom: Math.ceil(Math.min(height, part.y + part.height + reachDown) / down),
  }
}

/** Makes the pixels of `part` from its units. */
export function putPixels(
  header: JpegHeader,
  units: Units,
  planes: readonly Plane[],
  part: Part,
  target: Target,
): void {
  const [luma] = header.components
  const { stride } = planes[0]
  const start = part.x - 8 * luma.across * units.left - 8 * luma.down * units.top * stride
  const lines = [1, 2].map(() => new Uint8Array(part.width + 2))
  for (let row = 0; row < part.height; row++) {
    const y = part.y + row
    const from = start + y * stride
    const to = target.at + row * target.stride
    if (!header.isYCbCr) joinLine(planes, from, part.width, target.data, to)
    else {
      const [cb, cr] = lines.map((line, i) => chromaLine(header, units, planes[i + 1], part, y, line))
      colourLine(planes[0].data, from, part.width, cb, cr, target.data, to)
    }
  }
}

/** Components that are RGB or grey already. */
function joinLine(planes: readonly Plane[], from: number, width: number, rgb: Uint8ClampedArray, to: number): void {
  const [red, green, blue] = [0, 1, 2].map((i) => (planes[i] ?? planes[0]).data)
  for (let i = from; i < from + width; i++, to += 3) {
    rgb[to] = red[i]
    rgb[to + 1] = green[i]
    rgb[to + 2] = blue[i]
  }
}

/** Full-range BT.601 (JFIF 1.02) in 16-bit fixed point, as libjpeg has it. */
function colourLine(
  luma: Uint8ClampedArray,
  from: number,
  width: number,
  cb: Uint8Array,
  cr: Uint8Array,
  rgb: Uint8ClampedArray,
  to: number,
): void {
  for (let i = 0; i < width; i++, to += 3) {
    const light = (luma[from + i] << 16) + 32768
    const blue = cb[i] - 128
    const red = cr[i] - 128
    rgb[to] = (light + Math.imul(91881, red)) >> 16
    rgb[to + 1] = (light - Math.imul(22554, blue) - Math.imul(46802, red)) >> 16
    rgb[to + 2] = (light + Math.imul(116130, blue)) >> 16
  }
}

/**
 * One line of chroma at full resolution. Halved chroma is interpolated by the triangle filter (3/4 of the nearer sample,
 * 1/4 of the farther, each way), rounded up and down in turn: libjpeg's "fancy upsampling".
 */
function chromaLine(
  { width, height, components: [luma] }: JpegHeader,
  units: Units,
  { data, stride }: Plane,
  part: Part,
  y: number,
  into: Uint8Array,
): Uint8Array {
  const isHalfHigh = luma.down === 2
  const row = isHalfHigh ? y >> 1 : y
  const start = -8 * units.left - 8 * units.top * stride
  const line = start + row * stride
  if (luma.across === 1) {
    into.set(data.subarray(line + part.x, line + part.x + part.width))
    return into
  }
  const neighbour = isHalfHigh ? between(0, row + (y & 1 ? 1 : -1), Math.ceil(height / 2) - 1) : row
  const first = part.x >> 1
  const end = (part.x + part.width + 1) >> 1
  const last = Math.ceil(width / 2) - 1
  if (isHalfHigh) widenBoth(data, line, start + neighbour * stride, first, end, last, into)
  else widen(data, line, first, end, last, into)
  return into.subarray(part.x & 1)
}

/** Twice as many samples of the columns first to end; `last` is the image's last. */
function widen(
  data: Uint8ClampedArray,
  line: number,
  first: number,
  end: number,
  last: number,
  into: Uint8Array,
): void {
  let before = data[line + Math.max(0, first - 1)]
  let here = data[line + first]
  for (let x = first, to = 0; x < end; x++, to += 2) {
    const after = data[line + (x < last ? x + 1 : last)]
    into[to] = (3 * here + before + 1) >> 2
    into[to + 1] = (3 * here + after + 2) >> 2
    before = here
    here = after
  }
}

/** The same between two lines, of which `other` is the farther. */
function widenBoth(
  data: Uint8ClampedArray,
  line: number,
  other: number,
  first: number,
  end: number,
  last: number,
  into: Uint8Array,
): void {
  const left = Math.max(0, first - 1)
  let before = 3 * data[line + left] + data[other + left]
  let here = 3 * data[line + first] + data[other + first]
  for (let x = first, to = 0; x < end; x++, to += 2) {
    const next = x < last ? x + 1 : last
    const after = 3 * data[line + next] + data[other + next]
    into[to] = (3 * here + before + 8) >> 4
    into[to + 1] = (3 * here + after + 7) >> 4
    before = here
    here = after
  }
}
