import type { RgbImage } from '../../contract/index.ts'
import { decodeJpeg, type Part } from './decode.ts'

/** A part of a JPEG tile, and the position of its top left corner in the image. */
export interface Piece {
  readonly stream: Uint8Array
  readonly part: Part
  readonly left: number
  readonly top: number
}

/** Joins parts of JPEG tiles, which must cover the image. Returns null if decodeJpeg declines one of them. */
export function decodeMosaic(width: number, height: number, pieces: readonly Piece[]): RgbImage | null {
  const data = new Uint8Array(width * height * 3)
  for (const { stream, part, left, top } of pieces) {
    const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.length)
    if (!decodeJpeg(bytes, part, { data, at: (top * width + left) * 3, stride: width * 3 })) return null
  }
  return { width, height, data }
}
