import { FailureError, message, type Rect, type RgbImage } from '../../contract/index.ts'
import { resampling } from './resample.ts'
import { tileExtent } from '../source/source.ts'

/** A level to read regions from. */
export interface RegionLevel {
  readonly width: number
  readonly height: number
  readonly tileWidth: number
  readonly tileHeight: number
  readonly downsample: number
  /** Decoded pixels of a tile, without padding beyond the level. */
  tile(x: number, y: number): Promise<RgbImage>
  /**
   * Pixels of a window over these tiles, read without decoding whole tiles; null if that is impossible or not faster.
   */
  readPartially(window: Rect, tiles: readonly TileAt[]): Promise<RgbImage | null>
}

export type TileAt = readonly [x: number, y: number]

/** 16,384²: for larger outputs, read tiles. */
const maxOutPixels = 2 ** 28
/** Most pixels of a level in one window: 805 MB of RGB. Memory sets this limit. */
const maxWindowPixels = 2 ** 28
/** Regions may extend beyond the slide, but by no more than this many times its size. */
const maxOutside = 16

const maxStretch = 16

function check(levels: readonly RegionLevel[], rect: Rect, outWidth: number, outHeight: number): void {
  const size = Math.max(levels[0].width, levels[0].height)
  const isWhole = (n: number) => Number.isInteger(n) && n > 0
  const isNear = (start: number, extent: number) =>
    extent > 0 && start > -maxOutside * size && start + extent < (1 + maxOutside) * size
  if (!isWhole(outWidth) || !isWhole(outHeight) || outWidth * outHeight > maxOutPixels)
    throw new FailureError(
      'invalid-input',
      message('regionPixels', { most: maxOutPixels, out: [String(outWidth), String(outHeight)] }),
    )
  const stretch = rect.width / outWidth / (rect.height / outHeight)
  if (!(stretch < maxStretch && stretch > 1 / maxStretch))
    throw new FailureError(
      'invalid-input',
      message('regionStretched', {
        rect: [String(rect.width), String(rect.height)],
        out: [String(outWidth), String(outHeight)],
      }),
    )
  if (!isNear(rect.x, rect.width) || !isNear(rect.y, rect.height))
    throw new FailureError(
      'invalid-input',
      message('regionOutside', {
        slide: [levels[0].width, levels[0].height],
        rect: [String(rect.width), String(rect.height)],
        at: [String(rect.x), String(rect.y)],
      }),
    )
}

/** Memory of the last window, reused for the next: a new megabyte per crop would burden the garbage collector. */
let spareWindow: Uint8Array | undefined
const maxSpareBytes = 2 ** 24

/** Returns the smallest level with at least the requested detail; level 0 if none has it. */
function bestLevel(levels: readonly RegionLevel[], scale: number): RegionLevel {
  // A small tolerance: 2.0004 stored and 2 requested are the same level.
  const enough = levels.filter((level) => level.downsample <= scale * 1.001)
  return enough[enough.length - 1] ?? levels[0]
}

/**
 * Reads a rectangle of whole pixels within the level, tile by tile, so that only the cache holds tiles.
 * @param window its stride is the number of bytes from one row to the next
 * @param reuse memory to write the pixels into, if it is large enough
 */
async function readWindow(
  level: RegionLevel,
  window: { x: number; y: number; width: number; height: number; stride: number },
  reuse?: Uint8Array,
): Promise<Uint8Array> {
  const { x, y, width, height, stride } = window
  if (width * height > maxWindowPixels)
    throw new FailureError('invalid-input', message('regionTooLarge', { size: [width, height] }))
  const { tileWidth, tileHeight } = level
  const wanted: TileAt[] = []
  if (width > 0 && height > 0)
    for (let row = Math.floor(y / tileHeight); row * tileHeight < y + height; row++)
      for (let column = Math.floor(x / tileWidth); column * tileWidth < x + width; column++) wanted.push([column, row])
  const part = await level.readPartially(window, wanted)
  if (part && stride === 3 * width) return part.data
  const data = reuse && reuse.length >= stride * height ? reuse : new Uint8Array(stride * height)
  /** Copies the part of an image inside the window. The image's top left corner is at left, top of the level. */
  const copyIntoWindow = (image: RgbImage, left: number, top: number) => {
    const from = Math.max(x, left)
    const to = Math.min(x + width, left + image.width)
    for (let line = Math.max(y, top); line < Math.min(y + height, top + image.height); line++) {
      const start = ((line - top) * image.width + from - left) * 3
      data.set(image.data.subarray(start, start + (to - from) * 3), (line - y) * stride + (from - x) * 3)
    }
  }
  if (part) {
    copyIntoWindow(part, x, y)
    return data
  }
  const copyTile = async (column: number, row: number) => {
    const image = await level.tile(column, row)
    const extent = tileExtent(level, column, row)
    if (image.width !== extent.width || image.height !== extent.height)
      throw new Error(`Tile ${column}, ${row} is not cut to its level.`)
    copyIntoWindow(image, column * tileWidth, row * tileHeight)
  }
  const next = wanted.values()
  const worker = async () => {
    for (const [column, row] of next) await copyTile(column, row)
  }
  await Promise.all(Array.from({ length: Math.min(8, wanted.length) }, worker))
  return data
}

/**
 * Returns the pixels of `rect` (level-0 pixels, may be fractional; white outside the slide) as outWidth × outHeight
 * RGB, from the smallest level with the requested detail.
 */
export async function readRegion(
  levels: readonly RegionLevel[],
  rect: Rect,
  outWidth: number,
  outHeight: number,
): Promise<RgbImage> {
  check(levels, rect, outWidth, outHeight)
  const level = bestLevel(levels, Math.min(rect.width / outWidth, rect.height / outHeight))
  const d = level.downsample
  const [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map((length) => length / d)
  const isExact = Number.isInteger(x) && Number.isInteger(y) && width === outWidth && height === outHeight
  if (isExact && x >= 0 && y >= 0 && x + width <= level.width && y + height <= level.height)
    return { width, height, data: await readWindow(level, { x, y, width, height, stride: 3 * width }) }
  const { window, run } = resampling(
    { start: x, extent: width, outSize: outWidth, size: level.width },
    { start: y, extent: height, outSize: outHeight, size: level.height },
  )
  const reuse = spareWindow
  spareWindow = undefined
  const pixels = await readWindow(level, window, reuse)
  const data = run(pixels)
  if (pixels.length <= maxSpareBytes) spareWindow = pixels
  return { width: outWidth, height: outHeight, data }
}
