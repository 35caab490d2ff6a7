/** What the header of a BMP file states (Windows' BITMAPCOREHEADER, BITMAPINFOHEADER and their successors). */
export interface BmpHeader {
  readonly width: number
  readonly height: number
  /** Rows are stored from the top; usually from the bottom. */
  readonly isTopDown: boolean
  readonly bits: number
  /** 0 none, 1 RLE of 8 bits, 2 RLE of 4 bits, 3 and 6 masks. */
  readonly compression: number
  /** Offset of the pixels in the file. */
  readonly pixelsAt: number
  /** Red, green and blue of each index; empty without a palette. */
  readonly palette: Uint8Array
  /** Bits of red, green, blue and opacity in a pixel of 16 or 32 bits; opacity 0: none. */
  readonly masks: readonly [red: number, green: number, blue: number, alpha: number]
  /** Pixels per metre, across and down; 0: not stated. */
  readonly perMetre: readonly [x: number, y: number]
}

export const isBmp = (head: Buffer): boolean =>
  head.length >= 26 &&
  head.toString('latin1', 0, 2) === 'BM' &&
  [12, 16, 40, 52, 56, 64, 108, 124].includes(head.readUInt32LE(14))

/** Reads the header from the first bytes of a file, which must hold header and palette. null if it is impossible. */
export function readBmpHeader(bytes: Buffer): BmpHeader | null {
  const size = bytes.readUInt32LE(14)
  const isCore = size === 12
  if (bytes.length < 14 + size) return null
  const width = isCore ? bytes.readUInt16LE(18) : bytes.readInt32LE(18)
  const signedHeight = isCore ? bytes.readUInt16LE(20) : bytes.readInt32LE(22)
  const bits = bytes.readUInt16LE(isCore ? 24 : 28)
  const field = (at: number) => (size >= at - 14 + 4 ? bytes.readUInt32LE(at) : 0)
  const compression = isCore ? 0 : field(30)
  const hasMasks = compression === 3 || compression === 6
  const masksAt = 54
  const isMasksAfter = hasMasks && size === 40
  const maskCount = compression === 6 || size >= 56 ? 4 : 3
  const masks: [number, number, number, number] = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0]
  if (hasMasks)
    for (let i = 0; i < maskCount && masksAt + 4 * i + 4 <= bytes.length; i++)
      masks[i] = bytes.readUInt32LE(masksAt + 4 * i)
  const entry = isCore ? 3 : 4
  const paletteAt = 14 + size + (isMasksAfter ? 4 * maskCount : 0)
  const count = bits > 8 ? 0 : Math.min(field(46) || 2 ** bits, 2 ** bits)
  const palette = new Uint8Array(3 * count)
  for (let i = 0; i < count; i++)
    for (let c = 0; c < 3; c++) palette[3 * i + c] = bytes[paletteAt + entry * i + 2 - c] ?? 0
  // Some writers forget the palette in the offset of the pixels.
  const stated = bytes.readUInt32LE(10)
  const pixelsAt = stated === 14 + size && count > 0 ? paletteAt + entry * count : stated
  if (width <= 0 || signedHeight === 0 || ![1, 2, 4, 8, 16, 24, 32].includes(bits) || pixelsAt < 14) return null
  return {
    width,
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    bits,
    compression,
    pixelsAt,
    palette,
    masks,
    perMetre: isCore ? [0, 0] : [field(38), field(42)],
  }
}
