import { centroidAndArea } from '../../../models/geometry/polygon.ts'
import type { NucleusRecord } from './importer.ts'

/** Returns the middle of a nucleus, or undefined if the record gives no place. */
export function middleOf({ centre, outline }: NucleusRecord): { x: number; y: number } | undefined {
  if (centre) return centre.every(Number.isFinite) ? { x: centre[0], y: centre[1] } : undefined
  if (!outline || 'reason' in outline) return undefined
  const [x0, y0] = outline.ring
  // Relative to the first point, because float32 holds no large coordinates.
  const { x, y } = centroidAndArea(
    Float32Array.from(outline.ring, (v, k) => v - (k % 2 ? y0 : x0)),
    0,
    outline.ring.length / 2,
  )
  return { x: x + x0, y: y + y0 }
}
