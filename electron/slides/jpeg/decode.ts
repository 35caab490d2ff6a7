import { readHeader } from './header.ts'
import { decodeScan, type Plane } from './scan.ts'
import { putPixels, unitsOf, type Part, type Target } from './upsample.ts'

export type { Part, Target }

const memory: Uint8ClampedArray[] = []

/** Returns a plane in memory that is reused from tile to tile. Every sample of it is overwritten. */
function planeOf(index: number, width: number, height: number): Plane {
  if (!(memory[index]?.length >= width * height)) memory[index] = new Uint8ClampedArray(width * height)
  return { data: memory[index], stride: width }
}

/**
 * Decodes `part` of a JPEG stream into `target`, with the same pixels as libjpeg-turbo. The cost grows with the size of
 * the part and with the amount of stream before its end. Returns false if the stream is of a rare kind, is inconsistent
 * or has no such part; then libvips decides.
 */
export function decodeJpeg(stream: Buffer, part: Part, target: Target): boolean {
  const header = readHeader(stream)
  if (!header) return false
  const isInside = part.x >= 0 && part.y >= 0 && part.width > 0 && part.height > 0
  if (!isInside || part.x + part.width > header.width || part.y + part.height > header.height) return false
  const units = unitsOf(header, part)
  const planes = header.components.map(({ horizontalSampling: across, verticalSampling: down }, i) =>
    planeOf(i, 8 * across * (units.right - units.left), 8 * down * (units.bottom - units.top)),
  )
  if (!decodeScan(stream, header, units, planes)) return false
  putPixels(header, units, planes, part, target)
  return true
}
