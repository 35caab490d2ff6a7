import { damaged } from '../source/damaged.ts'
import type { TiffPage } from './page.ts'

/** Undoes horizontal differencing (TIFF 6.0 section 14) in a block's unpacked bytes, in place. */
export function undoPredictor(page: TiffPage, bytes: Buffer, what: string): Buffer {
  const { predictor, samples, bits, blockWidth, isLittleEndian } = page
  if (predictor === 1) return bytes
  if (predictor !== 2) throw damaged(what, `is stored by predictor ${predictor}, which TIFF does not know for it`)
  const row = blockWidth * samples * (bits / 8)
  if (bits === 8) {
    for (let at = 0; at < bytes.length; at++) if (at % row >= samples) bytes[at] += bytes[at - samples]
    return bytes
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 1 < bytes.length; at += 2)
    if (at % row >= 2 * samples)
      view.setUint16(
        at,
        view.getUint16(at, isLittleEndian) + view.getUint16(at - 2 * samples, isLittleEndian),
        isLittleEndian,
      )
  return bytes
}
