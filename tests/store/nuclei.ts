import { type Nuclei, type SlideInfo } from '../../electron/contract/index.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

/** `count` square nuclei of 10 px in rows of 100, 20 px apart, the first one's corner at (x, y). */
export function squareNuclei(count: number, x = 0, y = 0): Nuclei {
  const outlines = Array.from({ length: count }, (_, i) => {
    const left = x + 20 * (i % 100)
    const top = y + 20 * Math.floor(i / 100)
    return [left, top, left + 10, top, left + 10, top + 10, left, top + 10]
  })
  return nucleiFromOutlines(outlines, 'detected')
}

export const slideInfo: SlideInfo = {
  format: 'PNG image',
  reader: 'image',
  width: 2000,
  height: 2000,
  mpp: { x: 0.25, y: 0.25, source: 'given by the user' },
  levels: [{ width: 2000, height: 2000, downsample: 1, tileWidth: 256, tileHeight: 256 }],
}
