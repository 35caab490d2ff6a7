import type { RgbImage } from '../../contract/index.ts'
import { cancelled } from '../source/cancelled.ts'

/** Decoded tiles, the least recently used forgotten first once they exceed a byte budget. */
export interface TileCache {
  /**
   * The tile under `key`, made by `make` where it is not held. Asked twice at once, it is made once; once the signals
   * of all who asked have aborted, the one `make` got aborts.
   */
  get(
    slide: object,
    key: string,
    make: (signal: AbortSignal) => Promise<RgbImage>,
    signal?: AbortSignal,
  ): Promise<RgbImage>
  /** Whether a tile is held or being made. */
  has(slide: object, key: string): boolean
  /** Forgets a slide's tiles. */
  forget(slide: object): void
  readonly bytes: number
}

interface Making {
  readonly tile: Promise<RgbImage>
  readonly controller: AbortController
  waiting: number
}

/** The tile being made, given up once `signal` aborts; the last to give up ends the making. */
function wait(making: Making, signal: AbortSignal | undefined): Promise<RgbImage> {
  making.waiting++
  if (!signal) return making.tile
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (--making.waiting === 0) making.controller.abort()
      reject(cancelled())
    }
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    making.tile.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

export function createTileCache(budget: number): TileCache {
  interface Held {
    image: RgbImage
    slide: object
  }
  const ids = new WeakMap<object, number>()
  let nextId = 0
  // A Map keeps insertion order: the first entry is the one used longest ago.
  const held = new Map<string, Held>()
  const making = new Map<string, Making>()
  let bytes = 0

  const drop = (key: string, { image }: Held) => {
    held.delete(key)
    bytes -= image.data.byteLength
  }
  const keep = (key: string, entry: Held) => {
    held.set(key, entry)
    bytes += entry.image.data.byteLength
    for (const [oldKey, old] of held) {
      if (bytes <= budget) break
      drop(oldKey, old)
    }
  }

  return {
    get bytes() {
      return bytes
    },
    get(slide, tile, make, signal) {
      let id = ids.get(slide)
      if (id === undefined) ids.set(slide, (id = nextId++))
      const key = `${id}:${tile}`
      const found = held.get(key)
      if (found) {
        held.delete(key)
        held.set(key, found)
        return Promise.resolve(found.image)
      }
      const underWay = making.get(key)
      if (underWay && !underWay.controller.signal.aborted) return wait(underWay, signal)
      const controller = new AbortController()
      const made = make(controller.signal)
        .then((image) => {
          // A slide closed meanwhile has a new id or none: its tiles would never be asked for again.
          if (ids.get(slide) === id) keep(key, { image, slide })
          return image
        })
        .finally(() => {
          if (making.get(key) === entry) making.delete(key)
        })
      made.catch(() => undefined) // all who asked may have given up
      const entry: Making = { tile: made, controller, waiting: 0 }
      making.set(key, entry)
      return wait(entry, signal)
    },
    has(slide, tile) {
      const key = `${ids.get(slide)}:${tile}`
      return held.has(key) || making.has(key)
    },
    forget(slide) {
      ids.delete(slide)
      for (const [key, entry] of held) if (entry.slide === slide) drop(key, entry)
    },
  }
}

/** Shared by all slides of the process. Tiles read from files are quickly read again: 256 MB of decoded pixels. */
export const storedTiles = createTileCache(256 * 2 ** 20)
/** Tiles made from others cost hundreds of reads, so readers of stored tiles must not push them out: 128 MB. */
export const generatedTiles = createTileCache(128 * 2 ** 20)
