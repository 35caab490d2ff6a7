import type { ClassifiedNuclei, Nuclei } from '../../../contract/index.ts'
import { validOutline } from '../../../../models/geometry/validOutline.ts'

/**
 * Returns the outline of nucleus i as it is written: x, y in level-0 pixels, in hundredths, valid by OGC (an outline that
 * crosses itself is replaced by its largest part), not repeated at the end. Returns undefined if the nucleus has no
 * area to write.
 */
export function exportOutline(nuclei: Nuclei, i: number): ArrayLike<number> | undefined {
  const [x, y] = nuclei.origin
  const from = 2 * nuclei.outlineStart[i]
  const points = new Float64Array(2 * nuclei.outlineStart[i + 1] - from)
  for (let k = 0; k < points.length; k += 2) {
    points[k] = nuclei.outline[from + k] + x
    points[k + 1] = nuclei.outline[from + k + 1] + y
  }
  return points.length < 6 ? undefined : validOutline(points)?.ring
}

/** Yields the nuclei that can be written, with their outlines: all, or those that `isWanted`. */
export function* exportOutlines(
  nuclei: Nuclei,
  isWanted: (i: number) => boolean = () => true,
): Generator<{ readonly i: number; readonly ring: ArrayLike<number> }> {
  for (let i = 0; i < nuclei.count; i++) {
    const ring = isWanted(i) ? exportOutline(nuclei, i) : undefined
    if (ring) yield { i, ring }
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Returns the 16 bytes of a UUID as text. */
export function uuidText(bytes: ArrayLike<number>): string {
  let text = ''
  for (let k = 0; k < 16; k++) text += (k === 4 || k === 6 || k === 8 || k === 10 ? '-' : '') + hex[bytes[k]]
  return text
}

/**
 * Returns the UUID of nucleus i in a file, the same in every export: the one that another tool gave it, else one of
 * version 8 (RFC 9562, custom). Its first 60 bits are those of the project's id, so that no other project writes the same;
 * it ends with the nucleus's id. Without a project it begins with "karyon" (6b617279-6f6e); '8001' then marks that it
 * ends with the position in the file.
 */
export function nucleusUuid({ nuclei, uuid, projectId }: ClassifiedNuclei, i: number): string {
  const own = uuid?.subarray(16 * i, 16 * i + 16)
  if (own?.some((byte) => byte !== 0)) return uuidText(own)
  const id = nuclei.id[i]
  const end = (id || i + 1).toString(16).padStart(12, '0')
  const p = projectId?.replaceAll('-', '') ?? ''
  if (p.length !== 32 || id === 0) return `6b617279-6f6e-${id ? '8000' : '8001'}-8000-${end}`
  return `${p.slice(0, 8)}-${p.slice(8, 12)}-8${p.slice(13, 16)}-${p.slice(16, 20)}-${end}`
}
