import { photometrics } from '../tags.ts'
import type { Colours, SampleLayout } from './layout.ts'

export type Samples = Uint8Array | Uint16Array

/** Writes red, green and blue of one pixel, whose samples begin at `from`. */
type Pixel = (from: number, out: Uint8Array, to: number) => void

/**
 * Converts the top left `width` × `rows` pixels of a block to RGB. Transparent pixels are laid on white paper. Fills
 * `out`, width · rows · 3 bytes.
 */
export function samplesToRgb(
  values: Samples,
  layout: SampleLayout,
  width: number,
  rows: number,
  out: Uint8Array,
): void {
  const { samples, colours } = layout
  const [across, down] = layout.subsampling
  if (across * down > 1) return subsampledToRgb(values, layout, width, rows, out)
  if (isPlain(colours, samples)) {
    for (let row = 0; row < rows; row++) {
      const from = row * layout.width * 3
      out.set(values.subarray(from, from + width * 3), row * width * 3)
    }
    return
  }
  const pixel = pixelOf(values, colours)
  const { alpha, white } = colours
  for (let row = 0, to = 0; row < rows; row++)
    for (let x = 0, from = row * layout.width * samples; x < width; x++, from += samples, to += 3) {
      pixel(from, out, to)
      if (alpha === null) continue
      const opacity = Math.min(1, values[from + alpha.at] / white)
      if (opacity === 1) continue
      const share = alpha.isPremultiplied ? 1 : opacity
      for (let c = to; c < to + 3; c++) out[c] = Math.min(255, Math.round(share * out[c] + 255 * (1 - opacity)))
    }
}

const isPlain = ({ photometric, alpha, white }: Colours, samples: number) =>
  photometric === photometrics.rgb && samples === 3 && alpha === null && white === 255

/** Returns the conversion of one pixel by the page's kind of colours. */
function pixelOf(values: Samples, colours: Colours): Pixel {
  const { photometric, white, palette } = colours
  const byte = scaled(white)
  switch (photometric) {
    case photometrics.whiteIsZero:
      return (from, out, to) => void (out[to] = out[to + 1] = out[to + 2] = 255 - byte(values[from]))
    case photometrics.palette:
      return (from, out, to) => {
        const index = 3 * values[from]
        for (let c = 0; c < 3; c++) out[to + c] = palette?.[index + c] ?? 0
      }
    case photometrics.cmyk:
      // Without a profile, as most programs convert: what is neither ink nor black is paper.
      return (from, out, to) => {
        const paper = 255 - byte(values[from + 3])
        for (let c = 0; c < 3; c++) out[to + c] = Math.round(((255 - byte(values[from + c])) * paper) / 255)
      }
    case photometrics.yCbCr:
      return yCbCr(values, colours)
    case photometrics.cieLab:
    case photometrics.iccLab:
      return lab(values, white, photometric === photometrics.cieLab)
    case photometrics.rgb:
      return (from, out, to) => {
        for (let c = 0; c < 3; c++) out[to + c] = byte(values[from + c])
      }
    default:
      return (from, out, to) => void (out[to] = out[to + 1] = out[to + 2] = byte(values[from]))
  }
}

/** Returns the conversion of samples of 0 … white to bytes. Whole numbers of bits are cut off, as libtiff does. */
function scaled(white: number): (value: number) => number {
  if (white === 255) return (value) => value
  const bits = Math.log2(white + 1)
  if (bits > 8 && Number.isInteger(bits)) return (value) => Math.min(255, value >> (bits - 8))
  return (value) => Math.min(255, Math.round((255 * value) / white))
}

/** Luma and chroma to RGB (TIFF 6.0 section 21). */
function yCbCr(values: Samples, colours: Colours): Pixel {
  const convert = yCbCrToRgb(colours)
  return (from, out, to) => convert(values[from], values[from + 1], values[from + 2], out, to)
}

function yCbCrToRgb({ luma, reference, white }: Colours) {
  const [red, green, blue] = luma ?? [0.299, 0.587, 0.114]
  const middle = (white + 1) / 2
  const [y0, y1, cb0, cb1, cr0, cr1] = reference ?? [0, white, middle, white, middle, white]
  const chroma = white - middle
  return (luminance: number, cbStored: number, crStored: number, out: Uint8Array, to: number) => {
    const y = ((luminance - y0) * white) / (y1 - y0)
    const cb = ((cbStored - cb0) * chroma) / (cb1 - cb0)
    const cr = ((crStored - cr0) * chroma) / (cr1 - cr0)
    const r = y + cr * (2 - 2 * red)
    const b = y + cb * (2 - 2 * blue)
    const scale = 255 / white
    out[to] = clamp(r * scale)
    out[to + 1] = clamp(((y - blue * b - red * r) / green) * scale)
    out[to + 2] = clamp(b * scale)
  }
}

const clamp = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value))

/** Units of across × down luma samples, then Cb, then Cr, row by row (TIFF 6.0 section 21). */
function subsampledToRgb(values: Samples, layout: SampleLayout, width: number, rows: number, out: Uint8Array): void {
  const [across, down] = layout.subsampling
  const unit = across * down + 2
  const unitsPerRow = Math.ceil(layout.width / across)
  const convert = yCbCrToRgb(layout.colours)
  for (let y = 0, to = 0; y < rows; y++)
    for (let x = 0; x < width; x++, to += 3) {
      const from = (Math.floor(y / down) * unitsPerRow + Math.floor(x / across)) * unit
      convert(
        values[from + (y % down) * across + (x % across)],
        values[from + unit - 2],
        values[from + unit - 1],
        out,
        to,
      )
    }
}

/** CIE 1976 L*a*b* under D50 to sRGB, adapted to D65 (Bradford); TIFF 6.0 section 23 and its technical notes. */
function lab(values: Samples, white: number, isSigned: boolean): Pixel {
  const isWide = white > 255
  const half = isWide ? 32768 : 128
  const unit = isWide ? 256 : 1
  const chroma = (value: number) => (isSigned ? (value >= half ? value - 2 * half : value) : value - half) / unit
  const curve = (t: number) => (t > 6 / 29 ? t ** 3 : (t - 4 / 29) * (108 / 841))
  const gamma = (linear: number) =>
    clamp(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055))
  return (from, out, to) => {
    const fy = ((values[from] / white) * 100 + 16) / 116
    const x = 0.9642 * curve(fy + chroma(values[from + 1]) / 500)
    const y = curve(fy)
    const z = 0.8249 * curve(fy - chroma(values[from + 2]) / 200)
    out[to] = gamma(3.1338561 * x - 1.6168667 * y - 0.4906146 * z)
    out[to + 1] = gamma(-0.9787684 * x + 1.9161415 * y + 0.033454 * z)
    out[to + 2] = gamma(0.0719453 * x - 0.2289914 * y + 1.4052427 * z)
  }
}
