import {
  FailureError,
  type Mpp,
  type Rect,
  type RgbImage,
  type SlideInfo,
  type SlideReader,
} from '../contract/index.ts'
import { generatedLevels } from './generated.ts'
import { limiter } from './limit.ts'
import { encodeCompact, encodeExact } from './pixels.ts'
import { readRegion } from './region.ts'
import { columns, downsampleOf, rows, type LevelSource, type SlideSource } from './source.ts'
import { generatedTiles, storedTiles } from './tileCache.ts'

/** libuv has four threads: more decodes at once would only hold their bytes longer. */
const decoding = limiter(8)

/** A SlideReader over a format's source: cached tiles, generated lower levels, regions at any scale. */
export function createReader(source: SlideSource, mpp: Mpp | null): SlideReader {
  const decode = (level: LevelSource, x: number, y: number): Promise<RgbImage> => {
    const key = `${levels.indexOf(level)}/${x}_${y}`
    return level.generated
      ? generatedTiles.get(source, key, () => level.decode(x, y))
      : storedTiles.get(source, key, () => decoding(() => level.decode(x, y)))
  }
  const levels: LevelSource[] = [...source.levels]
  levels.push(...generatedLevels(levels[levels.length - 1], decode))

  const info: SlideInfo = {
    format: source.format,
    reader: source.reader,
    width: levels[0].width,
    height: levels[0].height,
    mpp,
    levels: levels.map((level) => ({
      width: level.width,
      height: level.height,
      downsample: downsampleOf(levels[0], level),
      tileWidth: level.tileWidth,
      tileHeight: level.tileHeight,
      ...(level.generated && { generated: true }),
    })),
  }

  const regionLevels = info.levels.map((level, i) => ({
    ...level,
    tile: (x: number, y: number) => decode(levels[i], x, y),
  }))

  return {
    info,
    async tile(index, x, y) {
      const level = levels[index]
      const isInside = (i: number, count: number) => Number.isInteger(i) && i >= 0 && i < count
      if (!level || !isInside(x, columns(level)) || !isInside(y, rows(level)))
        throw new FailureError(
          'not-found',
          `There is no tile ${x}, ${y} on level ${index}: ` +
            (level
              ? `it has ${columns(level)} × ${rows(level)} tiles.`
              : `the slide has levels 0 to ${levels.length - 1}.`),
        )
      const stored = await level.passThrough?.(x, y)
      if (stored) return stored
      const pixels = await decode(level, x, y)
      return level.generated ? encodeCompact(pixels) : encodeExact(pixels)
    },
    region: (rect: Rect, outWidth: number, outHeight: number) => readRegion(regionLevels, rect, outWidth, outHeight),
    async close() {
      storedTiles.forget(source)
      generatedTiles.forget(source)
      await source.close()
    },
  }
}
