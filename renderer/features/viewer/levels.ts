import type { Rect, SlideLevel } from '../../../electron/contract/slides/slide.ts'

/** One stored tile: its column and row in its level, and its place in level-0 pixels. */
export interface TileAt extends Rect {
  column: number
  row: number
}

/** Returns the coarsest level with at least one pixel per `pixel` level-0 pixels, or the finest level if none has. */
export function levelFor(levels: readonly SlideLevel[], pixel: number): number {
  let best = 0
  levels.forEach((level, i) => {
    if (level.downsample <= pixel && level.downsample > levels[best].downsample) best = i
  })
  return best
}

/** Returns the tiles of `level` that `rect` (level-0 pixels) touches. */
export function tilesUnder(level: SlideLevel, rect: Rect): TileAt[] {
  const { downsample, tileWidth, tileHeight, width, height } = level
  const first = (at: number, size: number) => Math.max(0, Math.floor(at / downsample / size))
  const last = (end: number, size: number, extent: number) =>
    Math.min(Math.ceil(extent / size), Math.ceil(end / downsample / size)) - 1
  const tiles: TileAt[] = []
  for (let row = first(rect.y, tileHeight); row <= last(rect.y + rect.height, tileHeight, height); row++)
    for (let column = first(rect.x, tileWidth); column <= last(rect.x + rect.width, tileWidth, width); column++)
      tiles.push({
        column,
        row,
        x: column * tileWidth * downsample,
        y: row * tileHeight * downsample,
        width: Math.min(tileWidth, width - column * tileWidth) * downsample,
        height: Math.min(tileHeight, height - row * tileHeight) * downsample,
      })
  return tiles
}
