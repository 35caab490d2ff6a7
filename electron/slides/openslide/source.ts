import { basename } from 'node:path'
import { FailureError, message, type RgbImage, type Message } from '../../contract/index.ts'
import { checkImageSize } from '../source/memory.ts'
import { statedMpp } from '../source/mpp.ts'
import {
  downsampleOf,
  tileExtent,
  type AssociatedSource,
  type LevelSource,
  type SlideSource,
} from '../source/source.ts'
import { openHandle, type SlideHandle } from './handle.ts'
import type { OpenSlideLibrary } from './library.ts'
import { straightRgb } from './straightRgb.ts'

/** Size of the tiles requested from OpenSlide. Its own are often larger or overlap; it caches them. */
const tileSize = 256
/** The widest scans are below 2^20 px. */
const maxSize = 2 ** 24

/** Opens a slide of any format through OpenSlide. Throws FailureError 'unreadable' if the library refuses it. */
export async function openWithLibrary(library: OpenSlideLibrary, path: string): Promise<SlideSource> {
  const name = basename(path)
  const handle = await openHandle(library, path)
  try {
    const [levels, mpp, vendor, associated, profile] = await handle.use((slide) =>
      Promise.all([
        levelSizes(library, slide, name),
        ['x', 'y'].map((axis) => Number(library.property(slide, `openslide.mpp-${axis}`) ?? NaN)),
        library.property(slide, 'openslide.vendor'),
        library.associatedNames(slide).map((picture) => ({ name: picture, ...library.associatedSize(slide, picture) })),
        library.profile(slide),
      ]),
    )
    return {
      format: `${vendor ?? 'unknown'} slide`,
      reader: `OpenSlide ${library.version}`,
      mpp: statedMpp(mpp[0], mpp[1], 'OpenSlide (openslide.mpp)'),
      levels: levels.map((level) => levelOf(library, handle, levels[0], level, name)),
      associated: associated.map((picture) => associatedOf(library, handle, picture, name)),
      profile,
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

interface Size {
  readonly width: number
  readonly height: number
}

interface Level extends Size {
  /** Number of the level in OpenSlide. */
  readonly number: number
}

/** Returns the levels, each smaller than the one before. */
function levelSizes(library: OpenSlideLibrary, slide: bigint, name: string): Level[] {
  const count = Math.max(library.levelCount(slide), 0)
  const sizes = Array.from({ length: count }, (_, number) => ({ number, ...library.levelSize(slide, number) }))
  const isSize = (n: number) => Number.isSafeInteger(n) && n > 0 && n <= maxSize
  if (sizes.length === 0 || !sizes.every(({ width, height }) => isSize(width) && isSize(height)))
    throw new FailureError(
      'unreadable',
      message('damagedPart', { part: message('partFile', { file: name }), flaw: message('flawNoLevels') }),
    )
  return sizes.filter(({ width }, i) => i === 0 || width < sizes[i - 1].width)
}

function levelOf(
  library: OpenSlideLibrary,
  handle: SlideHandle,
  largest: Size,
  { number, width: levelWidth, height: levelHeight }: Level,
  name: string,
): LevelSource {
  const level = { width: levelWidth, height: levelHeight, tileWidth: tileSize, tileHeight: tileSize }
  const downsample = downsampleOf(largest, level)
  return {
    ...level,
    async decode(x, y) {
      const { width, height } = tileExtent(level, x, y)
      const left = Math.round(x * tileSize * downsample)
      const top = Math.round(y * tileSize * downsample)
      return readRgb(handle, width, height, message('partTile', { x, y, level: number, file: name }), (slide, into) =>
        library.readRegion(slide, into, left, top, number, width, height),
      )
    },
  }
}

function associatedOf(
  library: OpenSlideLibrary,
  handle: SlideHandle,
  picture: Size & { readonly name: string },
  slideName: string,
): AssociatedSource {
  const { name, width, height } = picture
  return {
    name,
    width,
    height,
    async decode() {
      checkImageSize(slideName, width, height)
      return readRgb(handle, width, height, message('partPicture', { name, file: slideName }), (slide, into) =>
        library.readAssociated(slide, name, into),
      )
    },
  }
}

async function readRgb(
  handle: SlideHandle,
  width: number,
  height: number,
  part: Message,
  read: (slide: bigint, into: Uint8Array) => Promise<void>,
): Promise<RgbImage> {
  const pixels = new Uint8Array(width * height * 4)
  await handle.use((slide) => read(slide, pixels), part)
  return { width, height, data: straightRgb(pixels) }
}
