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
  readonly data: Uint8Array
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
  if (header.isYCbCr && header.components[0].across === 2) return putHalved(header, units, planes, part, target)
  const [first, second, third] = [0, 1, 2].map((i) => (planes[i] ?? planes[0]).data)
  const { stride } = planes[0]
  const start = part.x - 8 * units.left + (part.y - 8 * units.top) * stride
  for (let row = 0; row < part.height; row++) {
    const from = start + row * stride
    const to = target.at + row * target.stride
    if (header.isYCbCr) colourLine(first, second, third, from, part.width, target.data, to)
    else joinLine(first, second, third, from, part.width, target.data, to)
  }
}

/** Components that are RGB or grey already. */
function joinLine(
  red: Uint8ClampedArray,
  green: Uint8ClampedArray,
  blue: Uint8ClampedArray,
  from: number,
  width: number,
  rgb: Uint8Array,
  to: number,
): void {
  for (let i = from; i < from + width; i++, to += 3) {
    rgb[to] = red[i]
    rgb[to + 1] = green[i]
    rgb[to + 2] = blue[i]
  }
}

function colourLine(
  luma: Uint8ClampedArray,
  cb: Uint8ClampedArray,
  cr: Uint8ClampedArray,
  from: number,
  width: number,
  rgb: Uint8Array,
  to: number,
): void {
  for (let i = from; i < from + width; i++, to += 3) putColour(luma[i], cb[i], cr[i], rgb, to)
}

const toByte = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value)

/** Full-range BT.601 (JFIF 1.02) in 16-bit fixed point, as libjpeg has it. */
function putColour(luma: number, cb: number, cr: number, rgb: Uint8Array, to: number): void {
  const light = (luma << 16) + 32768
  const blue = cb - 128
  const red = cr - 128
  const r = (light + Math.imul(91881, red)) >> 16
  const g = (light - Math.imul(22554, blue) - Math.imul(46802, red)) >> 16
  const b = (light + Math.imul(116130, blue)) >> 16
  const isIn = (r | g | b) >>> 8 === 0
  rgb[to] = isIn ? r : toByte(r)
  rgb[to + 1] = isIn ? g : toByte(g)
  rgb[to + 2] = isIn ? b : toByte(b)
}

/**
 * The pixels where chroma is halved across, and perhaps down: it is interpolated by the triangle filter (3/4 of the nearer
 * sample, 1/4 of the farther, each way), rounded up and down in turn: libjpeg's "fancy upsampling".
 */
function putHalved(
  { width, height, components }: JpegHeader,
  units: Units,
  planes: readonly Plane[],
  part: Part,
  target: Target,
): void {
  const { down } = components[0]
  const [{ data: luma, stride: lumaStride }, { data: cb, stride }, { data: cr }] = planes
  const rgb = target.data
  const [roundLeft, roundRight] = down === 2 ? [8, 7] : [4, 8]
  const start = -8 * units.left - 8 * units.top * stride
  const [first, last] = [part.x >> 1, Math.ceil(width / 2) - 1]
  const right = part.x + part.width
  for (let y = part.y; y < part.y + part.height; y++) {
    const row = down === 2 ? y >> 1 : y
    const neighbour = down === 2 ? between(0, row + (y & 1 ? 1 : -1), Math.ceil(height / 2) - 1) : row
    const line = start + row * stride
    const other = start + neighbour * stride
    const from = (y - 8 * down * units.top) * lumaStride - 16 * units.left
    let to = target.at + (y - part.y) * target.stride
    const before = Math.max(0, first - 1)
    let cbBefore = 3 * cb[line + before] + cb[other + before]
    let crBefore = 3 * cr[line + before] + cr[other + before]
    let cbHere = 3 * cb[line + first] + cb[other + first]
    let crHere = 3 * cr[line + first] + cr[other + first]
    for (let x = first; 2 * x < right; x++) {
      const next = x < last ? x + 1 : last
      const cbAfter = 3 * cb[line + next] + cb[other + next]
      const crAfter = 3 * cr[line + next] + cr[other + next]
      if (2 * x >= part.x) {
        const blue = (3 * cbHere + cbBefore + roundLeft) >> 4
        const red = (3 * crHere + crBefore + roundLeft) >> 4
        putColour(luma[from + 2 * x], blue, red, rgb, to)
        to += 3
      }
      if (2 * x + 1 < right) {
        const blue = (3 * cbHere + cbAfter + roundRight) >> 4
        const red = (3 * crHere + crAfter + roundRight) >> 4
        putColour(luma[from + 2 * x + 1], blue, red, rgb, to)
        to += 3
      }
      cbBefore = cbHere
      crBefore = crHere
      cbHere = cbAfter
      crHere = crAfter
    }
  }
}
