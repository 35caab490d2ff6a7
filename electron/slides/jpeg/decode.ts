import { readHeader } from './header.ts'
import { decodeScan, type Plane } from './scan.ts'
import { putPixels, unitsOf, type Part, type Target } from './upsample.ts'

export type { Part, Target }

const memory: Uint8ClampedArray[] = []

/** The memory of the last tile is used again: each of its samples is decoded anew. */
function planeOf(index: number, width: number, height: number): Plane {
  if (!(memory[index]?.length >= width * height)) memory[index] = new Uint8ClampedArray(width * height)
  return { data: memory[index], stride: width }
}

/**
 * Puts the pixels of `part` of a JPEG stream, the same as libjpeg-turbo's, where they belong; the less of the stream is
 * before its end and the smaller it is, the less it costs. False where the stream is of a rarer kind, does not hold
 * together or has no such part: libvips then judges it.
 */
export function decodeJpeg(stream: Buffer, part: Part, target: Target): boolean {
  const header = readHeader(stream)
  if (!header) return false
  const isInside = part.x >= 0 && part.y >= 0 && part.width > 0 && part.height > 0
  if (!isInside || part.x + part.width > header.width || part.y + part.height > header.height) return false
  const units = unitsOf(header, part)
  const planes = header.components.map(({ across, down }, i) =>
    planeOf(i, 8 * across * (units.right - units.left), 8 * down * (units.bottom - units.top)),
  )
  if (!decodeScan(stream, header, units, planes)) return false
  putPixels(header, units, planes, part, target)
  return true
}
