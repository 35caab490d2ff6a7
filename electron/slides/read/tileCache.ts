import type { RgbImage } from '../../contract/index.ts'
import { cancelled } from '../source/cancelled.ts'

/** A cache of decoded tiles. When they exceed a byte budget, the least recently used are dropped. */
export interface TileCache {
  /**
   * Returns the tile under `key`; calls `make` if it is not cached. Concurrent calls share one `make`. When the signals
   * of all callers have aborted, the signal given to `make` aborts.
   */
  get(
    slide: object,
    key: string,
    make: (signal: AbortSignal) => Promise<RgbImage>,
    signal?: AbortSignal,
  ): Promise<RgbImage>
  /** Returns whether a tile is cached or being made. */
  has(slide: object, key: string): boolean
  /** Drops a slide's tiles. */
  forget(slide: object): void
  readonly bytes: number
}

interface PendingTile {
  readonly tile: Promise<RgbImage>
  readonly controller: AbortController
  waiting: number
}

/** Waits for a tile until `signal` aborts. When the last caller gives up, the making is aborted. */
function wait(pending: PendingTile, signal: AbortSignal | undefined): Promise<RgbImage> {
  pending.waiting++
  if (!signal) return pending.tile
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (--pending.waiting === 0) pending.controller.abort()
      reject(cancelled())
    }
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    pending.tile.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

export function createTileCache(budget: number): TileCache {
  interface Held {
    image: RgbImage
    slide: object
  }
  const ids = new WeakMap<object, number>()
  let nextId = 0
  // A Map keeps insertion order: its first entry is the least recently used.
  const cached = new Map<string, Held>()
  const pending = new Map<string, PendingTile>()
  let bytes = 0

  const drop = (key: string, { image }: Held) => {
    cached.delete(key)
    bytes -= image.data.byteLength
  }
  const keep = (key: string, entry: Held) => {
    cached.set(key, entry)
    bytes += entry.image.data.byteLength
    for (const [oldKey, old] of cached) {
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
      const found = cached.get(key)
      if (found) {
        cached.delete(key)
        cached.set(key, found)
        return Promise.resolve(found.image)
      }
      const current = pending.get(key)
      if (current && !current.controller.signal.aborted) return wait(current, signal)
      const controller = new AbortController()
      const made = make(controller.signal)
        .then((image) => {
          // If the slide was closed in the meantime, its tile would never be requested again.
          if (ids.get(slide) === id) keep(key, { image, slide })
          return image
        })
        .finally(() => {
          if (pending.get(key) === entry) pending.delete(key)
        })
      made.catch(() => undefined) // all callers may have given up
      const entry: PendingTile = { tile: made, controller, waiting: 0 }
      pending.set(key, entry)
      return wait(entry, signal)
    },
    has(slide, tile) {
      const key = `${ids.get(slide)}:${tile}`
      return cached.has(key) || pending.has(key)
    },
    forget(slide) {
      ids.delete(slide)
      for (const [key, entry] of cached) if (entry.slide === slide) drop(key, entry)
    },
  }
}

/** Shared by all slides of the process: 256 MB of decoded pixels. Tiles stored in files are quickly read again. */
export const storedTiles = createTileCache(256 * 2 ** 20)
/** Generated tiles cost hundreds of reads, so stored tiles must not push them out: 128 MB of their own. */
export const generatedTiles = createTileCache(128 * 2 ** 20)
