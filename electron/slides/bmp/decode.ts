import type { RgbImage } from '../../contract/index.ts'
import type { BmpHeader } from './header.ts'

/** Decodes the pixels of a BMP file, or returns in words why not. Transparent pixels are laid on white. */
export function decodeBmp(header: BmpHeader, pixels: Uint8Array): RgbImage | { readonly error: string } {
  const { width, height, bits, compression, isTopDown } = header
  const rowBytes = Math.ceil((width * bits) / 32) * 4
  const isRunLength = compression === 1 || compression === 2
  if (!isRunLength && pixels.length < rowBytes * (height - 1) + Math.ceil((width * bits) / 8))
    return { error: `it has ${pixels.length} bytes of ${rowBytes * height}` }
  const data = new Uint8Array(width * height * 3)
  const indices = isRunLength ? unpackRuns(header, pixels) : null
  if (isRunLength && indices === null) return { error: 'its runs end before the picture does' }
  const put = bits <= 8 ? indexed(header) : bits === 24 ? null : masked(header)
  for (let row = 0; row < height; row++) {
    let to = (isTopDown ? row : height - 1 - row) * width * 3
    for (let x = 0; x < width; x++, to += 3) {
      if (put === null) {
        const from = row * rowBytes + 3 * x
        data[to] = pixels[from + 2]
        data[to + 1] = pixels[from + 1]
        data[to + 2] = pixels[from]
      } else put(indices ? indices[row * width + x] : valueAt(pixels, row * rowBytes, x, bits), data, to)
    }
  }
  return { width, height, data }
}

/** Returns the value of pixel x of a row, of up to 32 bits. */
function valueAt(pixels: Uint8Array, row: number, x: number, bits: number): number {
  if (bits >= 16) {
    const at = row + (x * bits) / 8
    const low = pixels[at] | (pixels[at + 1] << 8)
    return bits === 16 ? low : (low | (pixels[at + 2] << 16) | (pixels[at + 3] << 24)) >>> 0
  }
  const perByte = 8 / bits
  return (pixels[row + Math.floor(x / perByte)] >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1)
}

type Put = (value: number, out: Uint8Array, to: number) => void

const indexed =
  ({ palette }: BmpHeader): Put =>
  (value, out, to) => {
    for (let c = 0; c < 3; c++) out[to + c] = palette[3 * value + c] ?? 0
  }

function masked({ masks }: BmpHeader): Put {
  const channels = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
    const white = mask >>> shift
    return (value: number) => (white === 0 ? 0 : Math.round((255 * ((value & mask) >>> shift)) / white))
  })
  const hasAlpha = masks[3] !== 0
  return (value, out, to) => {
    const alpha = hasAlpha ? channels[3](value) / 255 : 1
    for (let c = 0; c < 3; c++) out[to + c] = Math.round(alpha * channels[c](value) + 255 * (1 - alpha))
  }
}

/**
 * Unpacks runs of 8 or 4 bits to an index for each pixel, in the order of the file's rows; null if they end before the
 * picture does.
 */
function unpackRuns({ width, height, compression }: BmpHeader, packed: Uint8Array): Uint8Array | null {
  // Two bytes give at most 255 pixels. A few bytes that claim millions are damage, and would take seconds to fill.
  if (width * height > 128 * packed.length) return null
  const indices = new Uint8Array(width * height)
  const isNibble = compression === 2
  let [x, y, at] = [0, 0, 0]
  const put = (value: number) => {
    if (x < width && y < height) indices[y * width + x] = value
    x++
  }
  while (at + 1 < packed.length && y < height) {
    const [count, code] = [packed[at], packed[at + 1]]
    at += 2
    if (count > 0) {
      for (let i = 0; i < count; i++) put(isNibble ? (i % 2 ? code & 15 : code >> 4) : code)
    } else if (code === 0) {
      x = 0
      y++
    } else if (code === 1) return indices
    else if (code === 2) {
      x += packed[at] ?? 0
      y += packed[at + 1] ?? 0
      at += 2
    } else {
      for (let i = 0; i < code; i++) {
        const byte = packed[at + (isNibble ? i >> 1 : i)] ?? 0
        put(isNibble ? (i % 2 ? byte & 15 : byte >> 4) : byte)
      }
      const length = isNibble ? Math.ceil(code / 2) : code
      at += length + (length % 2)
    }
  }
  return y >= height || (y === height - 1 && x >= width) ? indices : null
}
