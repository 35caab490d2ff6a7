import { decodeColumns, encodeColumns } from '../nuclei/columns.ts'
import type { Rect } from './slide.ts'

/**
 * What two tokens of a crop attend to: its [CLS] and a chosen nucleus. A row has one weight per token of the crop, in
 * the order [CLS], patches row by row, nuclei, and sums to 1. `rows` holds, first for [CLS] and then for the nucleus, a
 * row for each head of the last block and one for the rollout over all blocks: [2, heads + 1, 1 + grid² + nuclei].
 */
export interface Attention {
  /** Level-0 pixels. */
  readonly crop: Rect
  /** Patches per side. */
  readonly grid: number
  readonly heads: number
  readonly rows: Float32Array
}

export const encodeAttention = ({ crop, grid, heads, rows }: Attention): Uint8Array<ArrayBuffer> =>
  encodeColumns({
    crop: Float64Array.of(crop.x, crop.y, crop.width, crop.height),
    size: Uint32Array.of(grid, heads),
    rows,
  })

export function decodeAttention(bytes: Uint8Array): Attention {
  const { crop, size, rows } = decodeColumns(bytes)
  const [x, y, width, height] = crop
  return { crop: { x, y, width, height }, grid: size[0], heads: size[1], rows: rows as Float32Array }
}
