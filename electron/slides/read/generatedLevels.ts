import type { RgbImage } from '../../contract/index.ts'
import { halve } from './pixels.ts'
import { columns, rows, tileExtent, type LevelSource } from '../source/source.ts'

type DecodeTile = (level: LevelSource, x: number, y: number, signal?: AbortSignal) => Promise<RgbImage>

const quadrants = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const

/** Makes a tile of a generated level: joins up to four tiles of the level below and halves the result. */
async function makeTile(
  level: LevelSource,
  from: LevelSource,
  decode: DecodeTile,
  x: number,
  y: number,
  signal: AbortSignal | undefined,
) {
  const { tileWidth, tileHeight } = from
  const width = Math.min(2 * tileWidth, from.width - 2 * x * tileWidth)
  const height = Math.min(2 * tileHeight, from.height - 2 * y * tileHeight)
  const joined: RgbImage = { width, height, data: new Uint8Array(width * height * 3) }
  const place = async (dx: number, dy: number) => {
    const [column, row] = [2 * x + dx, 2 * y + dy]
    if (column >= columns(from) || row >= rows(from)) return
    const part = await decode(from, column, row, signal)
    for (let line = 0; line < part.height; line++)
      joined.data.set(
        part.data.subarray(line * part.width * 3, (line + 1) * part.width * 3),
        ((dy * tileHeight + line) * width + dx * tileWidth) * 3,
      )
  }
  if (from.generated) {
    // Depth first: otherwise a half-made tile would be held for every tile below, which is the whole slide.
    for (const [dx, dy] of quadrants) await place(dx, dy)
  } else await Promise.all(quadrants.map(([dx, dy]) => place(dx, dy)))
  const { width: w, height: h, data } = halve(joined)
  const extent = tileExtent(level, x, y)
  if (w !== extent.width || h !== extent.height) throw new Error('A halved tile has not the size of its level.')
  return { width: w, height: h, data }
}

/**
 * Returns the levels that a file lacks for a quick overview: the last one halved (sizes rounded up) until it fits in
 * one tile. `decode` returns tiles of any level, through the caches.
 */
export function generatedLevels(last: LevelSource, decode: DecodeTile): LevelSource[] {
  const levels: LevelSource[] = []
  for (let from = last; from.width > from.tileWidth || from.height > from.tileHeight;) {
    const below = from
    const level: LevelSource = {
      width: Math.ceil(below.width / 2),
      height: Math.ceil(below.height / 2),
      tileWidth: below.tileWidth,
      tileHeight: below.tileHeight,
      generated: true,
      decode: (x, y, signal) => makeTile(level, below, decode, x, y, signal),
    }
    levels.push(level)
    from = level
  }
  return levels
}
