import type { RgbImage } from '../../contract/index.ts'
import { crop } from '../read/pixels.ts'
import { columns, rows, tileExtent, type LevelSource } from './source.ts'

/** Returns the top left part of a level: what is beyond is not part of the slide. Tiles stay as they are stored. */
export function croppedLevel(level: LevelSource, width: number, height: number): LevelSource {
  if (level.width === width && level.height === height) return level
  const size = { width, height, tileWidth: level.tileWidth, tileHeight: level.tileHeight }
  return {
    ...level,
    ...size,
    async decode(x, y, signal) {
      const extent = tileExtent(size, x, y)
      return crop(await level.decode(x, y, signal), extent.width, extent.height)
    },
  }
}

/** Larger tiles are cut up: each is decoded whole, and a view needs a few hundred pixels of it. */
const maxTilePixels = 2 ** 24
const newTile = 512

/** Returns a level with tiles of ordinary size. Keeps the last decoded tile, which neighbouring tiles need again. */
export function withSmallTiles(level: LevelSource): LevelSource {
  return level.tileWidth * level.tileHeight <= maxTilePixels
    ? level
    : retiled(level, newTile, newTile, (image) => image)
}

/** The turns and mirrorings of EXIF and TIFF (tag 274) have the numbers 1 to 8. From 5 on, rows are columns. */
const isTransposed = (orientation: number) => orientation >= 5
/** For transposed orientations, the one whose mirrorings apply to the stored image. */
const untransposed: Readonly<Record<number, number>> = { 5: 1, 6: 4, 7: 3, 8: 2 }

/** Returns the size of an upright image that is stored in an orientation of 1 to 8. */
export const uprightSize = (width: number, height: number, orientation: number): [width: number, height: number] =>
  isTransposed(orientation) ? [height, width] : [width, height]

/** Returns an image that is stored in an orientation of 1 to 8 upright. */
export function upright({ width, height, data }: RgbImage, orientation: number): RgbImage {
  if (orientation <= 1 || orientation > 8) return { width, height, data }
  const [outWidth, outHeight] = uprightSize(width, height, orientation)
  const out = new Uint8Array(data.length)
  for (let y = 0, to = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++, to += 3) {
      const [column, row] = storedAt(x, y, width, height, orientation)
      const from = (row * width + column) * 3
      out[to] = data[from]
      out[to + 1] = data[from + 1]
      out[to + 2] = data[from + 2]
    }
  return { width: outWidth, height: outHeight, data: out }
}

/** Returns the stored column and row of pixel x, y of the upright image (TIFF 6.0, Orientation). */
function storedAt(x: number, y: number, width: number, height: number, orientation: number): [number, number] {
  const [column, row] = isTransposed(orientation) ? [y, x] : [x, y]
  const mirrored = untransposed[orientation] ?? orientation
  return [
    mirrored === 2 || mirrored === 3 ? width - 1 - column : column,
    mirrored === 3 || mirrored === 4 ? height - 1 - row : row,
  ]
}

/** Returns a level that is stored in an orientation of 1 to 8 upright. */
export function uprightLevel(level: LevelSource, orientation: number): LevelSource {
  if (orientation <= 1 || orientation > 8) return level
  const [tileWidth, tileHeight] = uprightSize(level.tileWidth, level.tileHeight, orientation)
  return retiled(level, tileWidth, tileHeight, (image) => upright(image, orientation), orientation)
}

const keptTiles = 4

/** Returns a level of other tiles, each put together from stored ones. */
function retiled(
  level: LevelSource,
  tileWidth: number,
  tileHeight: number,
  turn: (image: RgbImage) => RgbImage,
  orientation = 1,
): LevelSource {
  const [width, height] = uprightSize(level.width, level.height, orientation)
  const size = { width, height, tileWidth, tileHeight }
  const kept = new Map<string, Promise<RgbImage>>()
  const stored = (x: number, y: number): Promise<RgbImage> => {
    const key = `${x}_${y}`
    const tile = kept.get(key) ?? level.decode(x, y)
    kept.delete(key)
    kept.set(key, tile)
    tile.catch(() => kept.delete(key)) // try again next time: the drive may come back
    const most = Math.max(
      1,
      Math.min(keptTiles, Math.floor((2 * maxTilePixels) / (level.tileWidth * level.tileHeight))),
    )
    for (const old of kept.keys()) if (kept.size > most) kept.delete(old)
    return tile
  }
  return {
    ...size,
    downsample: level.downsample,
    async decode(x, y) {
      const extent = tileExtent(size, x, y)
      // The corners of the tile in the stored image.
      const [left, top] = [x * tileWidth, y * tileHeight]
      const corners = [
        storedAt(left, top, level.width, level.height, orientation),
        storedAt(left + extent.width - 1, top + extent.height - 1, level.width, level.height, orientation),
      ]
      const [x0, x1] = corners.map(([column]) => column).sort((a, b) => a - b)
      const [y0, y1] = corners.map(([, row]) => row).sort((a, b) => a - b)
      const part: RgbImage = {
        width: x1 - x0 + 1,
        height: y1 - y0 + 1,
        data: new Uint8Array((x1 - x0 + 1) * (y1 - y0 + 1) * 3),
      }
      for (
        let row = Math.floor(y0 / level.tileHeight);
        row <= Math.min(rows(level) - 1, Math.floor(y1 / level.tileHeight));
        row++
      )
        for (
          let column = Math.floor(x0 / level.tileWidth);
          column <= Math.min(columns(level) - 1, Math.floor(x1 / level.tileWidth));
          column++
        )
          copyTile(await stored(column, row), column * level.tileWidth - x0, row * level.tileHeight - y0, part)
      return turn(part)
    },
  }
}

/** Copies a tile, whose top left corner is at left, top of `into`, as far as it reaches into it. */
function copyTile(tile: RgbImage, left: number, top: number, into: RgbImage): void {
  const from = Math.max(0, left)
  const to = Math.min(into.width, left + tile.width)
  for (let y = Math.max(0, top); y < Math.min(into.height, top + tile.height); y++) {
    const start = ((y - top) * tile.width + from - left) * 3
    into.data.set(tile.data.subarray(start, start + (to - from) * 3), (y * into.width + from) * 3)
  }
}
