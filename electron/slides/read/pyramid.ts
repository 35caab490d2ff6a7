import {
  FailureError,
  message,
  type DeclinedFormat,
  type Mpp,
  type Rect,
  type RgbImage,
  type SlideInfo,
  type SlideReader,
} from '../../contract/index.ts'
import { profileName } from '../source/colour.ts'
import { generatedLevels } from './generatedLevels.ts'
import { cancelled } from '../source/cancelled.ts'
import { createPartialReader } from './partialJpeg.ts'
import { decoding } from './limit.ts'
import { encodeCompact, encodeExact } from './pixels.ts'
import { readRegion, type TileAt } from './region.ts'
import { columns, downsampleOf, rows, type LevelSource, type SlideSource } from '../source/source.ts'
import { generatedTiles, storedTiles } from './tileCache.ts'

/** Creates a SlideReader for a format's source: cached tiles, generated levels, regions at any scale. */
export function createReader(
  source: SlideSource,
  mpp: Mpp | null,
  declined: readonly DeclinedFormat[] = [],
): SlideReader {
  const decode = (level: LevelSource, x: number, y: number, signal?: AbortSignal): Promise<RgbImage> => {
    const key = keyOf(level, x, y)
    return level.generated
      ? generatedTiles.get(source, key, (wanted) => level.decode(x, y, wanted), signal)
      : storedTiles.get(source, key, (wanted) => decoding(() => level.decode(x, y), wanted), signal)
  }
  const keyOf = (level: LevelSource, x: number, y: number) => `${levels.indexOf(level)}/${x}_${y}`
  const readPartially = createPartialReader((level, x, y) => storedTiles.has(source, keyOf(level, x, y)))
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
      downsample: level.downsample ?? downsampleOf(levels[0], level),
      tileWidth: level.tileWidth,
      tileHeight: level.tileHeight,
      ...(level.generated && { generated: true }),
    })),
    ...(source.images && source.images.length > 1 && { images: source.images, image: source.image }),
    ...(source.notices?.length && { notices: [...source.notices] }),
    ...(source.associated?.length && {
      associated: source.associated.map(({ name, width, height }) => ({ name, width, height })),
    }),
    ...(source.profile && { profile: profileName(source.profile) }),
  }

  const regionLevels = (signal?: AbortSignal) =>
    info.levels.map((level, i) => ({
      ...level,
      tile: (x: number, y: number) => decode(levels[i], x, y, signal),
      readPartially: (window: Rect, tiles: readonly TileAt[]) => readPartially(levels[i], window, tiles, signal),
    }))

  return {
    info,
    declined,
    async tile(index, x, y, signal) {
      if (signal?.aborted) throw cancelled()
      const level = levels[index]
      const isInside = (i: number, count: number) => Number.isInteger(i) && i >= 0 && i < count
      if (!level || !isInside(x, columns(level)) || !isInside(y, rows(level)))
        throw new FailureError(
          'not-found',
          level
            ? message('noTile', { x, y, level: index, tiles: [columns(level), rows(level)] })
            : message('noLevel', { level: index, last: levels.length - 1 }),
        )
      const stored = await level.passThrough?.(x, y)
      if (stored) return stored
      const pixels = await decode(level, x, y, signal)
      return level.generated ? encodeCompact(pixels) : encodeExact(pixels)
    },
    region: (rect: Rect, outWidth: number, outHeight: number, signal?: AbortSignal) =>
      readRegion(regionLevels(signal), rect, outWidth, outHeight),
    async associated(name) {
      const picture = source.associated?.find((one) => one.name === name)
      if (!picture)
        throw new FailureError(
          'not-found',
          message('noAssociated', { name, known: source.associated?.map((one) => one.name) ?? [] }),
        )
      return encodeCompact(await decoding(() => picture.decode()))
    },
    async close() {
      storedTiles.forget(source)
      generatedTiles.forget(source)
      await source.close()
    },
  }
}
