import { message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'

/** Pixels per metre, across and down. */
interface Density {
  readonly x: number
  readonly y: number
}

/** Chunks before the pixels are few; a file of thousands is damaged, and the decoder says so. */
const maxChunks = 100

/**
 * Returns the density of a PNG from its pHYs chunk (PNG specification 11.3.4.3). A chunk without a unit states only the
 * ratio of the sides: null. undefined: there is no such chunk.
 */
export async function pngDensity(file: SlideFile): Promise<Density | null | undefined> {
  const part = message('partHeader')
  for (let at = 8, i = 0; i < maxChunks && at + 12 <= file.size; i++) {
    const head = await file.read(at, 8, part)
    const [length, type] = [head.readUInt32BE(0), head.toString('latin1', 4)]
    if (type === 'IDAT' || type === 'IEND') return undefined
    if (type === 'pHYs' && length === 9 && at + 17 <= file.size) {
      const chunk = await file.read(at + 8, 9, part)
      return chunk[8] === 1 ? { x: chunk.readUInt32BE(0), y: chunk.readUInt32BE(4) } : null
    }
    at += 12 + length
  }
  return undefined
}

/**
 * Returns the density of a JPEG from its JFIF header, 1 = per inch, 2 = per centimetre. undefined if it states none:
 * then its EXIF may.
 */
export function jfifDensity({ head }: SlideFile): Promise<Density | undefined> {
  const at = head.indexOf('JFIF\0', 0, 'latin1')
  const scale = at < 0 || at + 12 > head.length ? undefined : { 1: 1 / 0.0254, 2: 100 }[head[at + 7]]
  if (scale === undefined) return Promise.resolve(undefined)
  return Promise.resolve({ x: head.readUInt16BE(at + 8) * scale, y: head.readUInt16BE(at + 10) * scale })
}
