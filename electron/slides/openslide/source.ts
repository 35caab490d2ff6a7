import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { FailureError, message, type RgbImage } from '../../contract/index.ts'
import { checkImageSize } from '../source/memory.ts'
import { statedMpp } from '../source/mpp.ts'
import {
  downsampleOf,
  tileExtent,
  type AssociatedSource,
  type LevelSource,
  type SlideSource,
} from '../source/source.ts'
import type { OpenSlideCalls, SlideFacts } from './child.ts'
import { startOpenSlide, type OpenSlideProcess } from './startProcess.ts'

/** Size of the tiles requested from OpenSlide. Its own are often larger or overlap; it caches them. */
const tileSize = 256
/** The widest scans are below 2^20 px. */
const maxSize = 2 ** 24

/**
 * Opens a slide of any format through OpenSlide, in a process that is its own from now on. If that process ends, what
 * it was reading fails, and the next read starts another one. Throws FailureError 'unreadable' if the library refuses
 * the slide.
 */
export async function openWithOpenSlide(
  process: OpenSlideProcess,
  path: string,
  restart: typeof startOpenSlide = startOpenSlide,
): Promise<SlideSource> {
  const name = basename(path)
  let facts: SlideFacts
  let levels: Level[]
  try {
    facts = await process.call('open', path, name)
    levels = levelsOf(facts, name)
  } catch (error) {
    await process.end()
    throw error
  }

  let isClosed = false
  let current = Promise.resolve(process)
  const again = async (): Promise<OpenSlideProcess> => {
    const started = await restart()
    if ('missing' in started)
      throw new FailureError('unsupported', message('openSlideMissing', { file: name, missing: started.missing }))
    try {
      if (isClosed) throw closed()
      if (isDeepStrictEqual(await started.call('open', path, name), facts)) return started
      throw new FailureError('unreadable', message('slideReplaced', { file: name }))
    } catch (error) {
      await started.end()
      throw error
    }
  }
  const closed = () => new FailureError('cancelled', message('slideClosed', { file: name }))
  const running = async (): Promise<OpenSlideProcess> => {
    const now = current
    if (
      !(await now.then(
        ({ isEnded }) => isEnded,
        () => true,
      ))
    )
      return now
    // The first that finds it ended starts the next; the others wait for that.
    if (current === now) current = again()
    return current
  }
  const read: Read = async (call, of): Promise<RgbImage> => {
    try {
      if (isClosed) throw closed()
      return await (await running()).call(call, of as never, name)
    } catch (error) {
      throw isClosed ? closed() : error
    }
  }

  return {
    format: `${facts.vendor ?? 'unknown'} slide`,
    reader: `OpenSlide ${process.version}`,
    mpp: statedMpp(Number(facts.mpp[0] ?? NaN), Number(facts.mpp[1] ?? NaN), 'OpenSlide (openslide.mpp)'),
    levels: levels.map((level) => levelOf(read, levels[0], level, name)),
    associated: facts.associated.map((picture) => associatedOf(read, picture, name)),
    profile: facts.profile && Buffer.from(facts.profile),
    async close() {
      if (isClosed) return
      isClosed = true
      await current.then(
        (last) => last.end(),
        () => undefined,
      )
    },
  }
}

type Read = <Name extends 'region' | 'associated'>(
  call: Name,
  of: Parameters<OpenSlideCalls[Name]>[0],
) => Promise<RgbImage>

interface Size {
  readonly width: number
  readonly height: number
}

interface Level extends Size {
  /** Number of the level in OpenSlide. */
  readonly number: number
}

/** Returns the levels, each smaller than the one before. */
function levelsOf(facts: SlideFacts, name: string): Level[] {
  const sizes = facts.levels.map((size, number) => ({ number, ...size }))
  const isSize = (n: number) => Number.isSafeInteger(n) && n > 0 && n <= maxSize
  if (sizes.length === 0 || !sizes.every(({ width, height }) => isSize(width) && isSize(height)))
    throw new FailureError(
      'unreadable',
      message('damagedPart', { part: message('partFile', { file: name }), flaw: message('flawNoLevels') }),
    )
  return sizes.filter(({ width }, i) => i === 0 || width < sizes[i - 1].width)
}

function levelOf(
  read: Read,
  largest: Size,
  { number, width: levelWidth, height: levelHeight }: Level,
  name: string,
): LevelSource {
  const level = { width: levelWidth, height: levelHeight, tileWidth: tileSize, tileHeight: tileSize }
  const downsample = downsampleOf(largest, level)
  return {
    ...level,
    decode: (x, y) =>
      read('region', {
        ...tileExtent(level, x, y),
        left: Math.round(x * tileSize * downsample),
        top: Math.round(y * tileSize * downsample),
        level: number,
        part: message('partTile', { x, y, level: number, file: name }),
      }),
  }
}

function associatedOf(
  read: Read,
  { name, width, height }: Size & { readonly name: string },
  slideName: string,
): AssociatedSource {
  return {
    name,
    width,
    height,
    async decode() {
      checkImageSize(slideName, width, height)
      return read('associated', { name, width, height, part: message('partPicture', { name, file: slideName }) })
    },
  }
}
