import type { JpegHeader } from './header.ts'
import type { Plane, Units } from './scan.ts'

/** A rectangle of whole pixels of an image. */
export interface Part {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Interleaved RGB. `at`: byte of the top left pixel; `stride`: bytes per line. */
export interface Target {
  readonly data: Uint8Array
  readonly at: number
  readonly stride: number
}

const clamp = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value))

/** Returns the units that the pixels of `part` need, including neighbours for the interpolation of chroma. */
export function unitsOf({ width, height, components: [luma, ...chroma] }: JpegHeader, part: Part): Units {
  const marginX = chroma.length && luma.horizontalSampling > 1 ? 2 : 0
  const marginY = chroma.length && luma.verticalSampling > 1 ? 2 : 0
  const [across, down] = [8 * luma.horizontalSampling, 8 * luma.verticalSampling]
  return {
    left: Math.floor(Math.max(0, part.x - marginX) / across),
    top: Math.floor(Math.max(0, part.y - marginY) / down),
    right: Math.ceil(Math.min(width, part.x + part.width + marginX) / across),
    bottom: Math.ceil(Math.min(height, part.y + part.height + marginY) / down),
  }
}

/** Computes the pixels of `part` from its units. */
export function putPixels(
  header: JpegHeader,
  units: Units,
  planes: readonly Plane[],
  part: Part,
  target: Target,
): void {
  if (header.isYCbCr && header.components[0].horizontalSampling === 2)
    return upsampleChroma(header, units, planes, part, target)
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

/** Writes a line of components that are already RGB or grey. */
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
  for (let i = from; i < from + width; i++, to += 3) putColour(colourOf(luma[i], cb[i], cr[i]), rgb, to)
}

const toByte = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value)

/** Returns RGB in bits 0–7, 8–15, 16–23: full-range BT.601 (JFIF 1.02) in 16-bit fixed point, as in libjpeg. */
function colourOf(luma: number, cb: number, cr: number): number {
  const light = (luma << 16) + 32768
  const blue = cb - 128
  const red = cr - 128
  const r = (light + Math.imul(91881, red)) >> 16
  const g = (light - Math.imul(22554, blue) - Math.imul(46802, red)) >> 16
  const b = (light + Math.imul(116130, blue)) >> 16
  return (r | g | b) >>> 8 === 0 ? r | (g << 8) | (b << 16) : toByte(r) | (toByte(g) << 8) | (toByte(b) << 16)
}

function putColour(colour: number, rgb: Uint8Array, to: number): void {
  rgb[to] = colour
  rgb[to + 1] = colour >> 8
  rgb[to + 2] = colour >> 16
}

/**
 * Computes pixels from chroma at half the width (and perhaps half the height). Chroma is interpolated by the triangle
 * filter (3/4 of the nearer sample, 1/4 of the farther, in each direction), rounded up and down in turn: libjpeg's
 * "fancy upsampling".
 */
function upsampleChroma(
  { width, height, components }: JpegHeader,
  units: Units,
  planes: readonly Plane[],
  part: Part,
  target: Target,
): void {
  const { verticalSampling: down } = components[0]
  const [luma, cb, cr] = planes
  const { data, at, stride } = target
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const start = -8 * units.left - 8 * units.top * cb.stride
  const last = Math.ceil(width / 2) - 1
  for (let row = 0; row < part.height; row++) {
    const y = part.y + row
    const near = down === 2 ? y >> 1 : y
    const far = down === 2 ? clamp(0, near + (y & 1 ? 1 : -1), Math.ceil(height / 2) - 1) : near
    const from = (y - 8 * down * units.top) * luma.stride - 16 * units.left
    const [line, other] = [start + near * cb.stride, start + far * cb.stride]
    const to = at + row * stride
    upsampleLine(
      luma.data,
      from,
      cb.data,
      cr.data,
      line,
      other,
      down === 2,
      part.x,
      part.x + part.width,
      last,
      view,
      to,
    )
  }
}

/**
 * Computes the pixels of a line from column `left` to `right`. `other`: the farther line of chroma; `last`: its last
 * column.
 */
function upsampleLine(
  luma: Uint8ClampedArray,
  from: number,
  cb: Uint8ClampedArray,
  cr: Uint8ClampedArray,
  line: number,
  other: number,
  isHalfHigh: boolean,
  left: number,
  right: number,
  last: number,
  rgb: DataView,
  to: number,
): void {
  const roundLeft = isHalfHigh ? 8 : 4
  const roundRight = isHalfHigh ? 7 : 8
  let x = left >> 1
  const before = Math.max(0, x - 1)
  let cbBefore = 3 * cb[line + before] + cb[other + before]
  let crBefore = 3 * cr[line + before] + cr[other + before]
  let cbHere = 3 * cb[line + x] + cb[other + x]
  let crHere = 3 * cr[line + x] + cr[other + x]
  for (let column = left & ~1; column < right; column += 2) {
    if (x < last) x++
    const cbAfter = 3 * cb[line + x] + cb[other + x]
    const crAfter = 3 * cr[line + x] + cr[other + x]
    const i = from + column
    const a = colourOf(luma[i], (3 * cbHere + cbBefore + roundLeft) >> 4, (3 * crHere + crBefore + roundLeft) >> 4)
    const b = colourOf(luma[i + 1], (3 * cbHere + cbAfter + roundRight) >> 4, (3 * crHere + crAfter + roundRight) >> 4)
    if (column >= left && column + 1 < right) {
      rgb.setInt32(to, a | (b << 24), true)
      rgb.setInt16(to + 4, b >> 8, true)
      to += 6
    } else {
      const one = column >= left ? a : b
      rgb.setInt16(to, one, true)
      rgb.setInt8(to + 2, one >> 16)
      to += 3
    }
    cbBefore = cbHere
    crBefore = crHere
    cbHere = cbAfter
    crHere = crAfter
  }
}
