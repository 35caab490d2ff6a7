import { factorOfSizes } from './levelFactor.ts'
import type { EncodedTile, Mpp, RgbImage, Message, SlideInfo } from '../../contract/index.ts'

/** A level as a format provides it. Callers ensure that column x and row y are within the level. */
export interface LevelSource {
  readonly width: number
  readonly height: number
  readonly tileWidth: number
  readonly tileHeight: number
  /** Level-0 pixels per pixel of this level, where its size alone would mislead. Left out: see downsampleOf. */
  readonly downsample?: number
  /** Not in the file, but made by shrinking the previous level. */
  readonly generated?: boolean
  /** Pixels of a tile, without the padding of edge tiles. */
  decode(x: number, y: number, signal?: AbortSignal): Promise<RgbImage>
  /**
   * The tile as stored, if a browser can show it; an edge tile keeps its padding. Absent or null: the tile must be
   * decoded and encoded again.
   */
  passThrough?(x: number, y: number): Promise<EncodedTile | null>
}

/** An associated image. `decode` is called only when the user asks for it. */
export interface AssociatedSource {
  readonly name: string
  readonly width: number
  readonly height: number
  decode(): Promise<RgbImage>
}

/** What a format returns for a file. pyramid.ts makes a SlideReader of it. */
export interface SlideSource {
  readonly format: string
  readonly reader: string
  /** µm/px as stated by the file; null if it states none. */
  readonly mpp: Mpp | null
  /** Level 0 (the largest) first, each smaller than the one before. */
  readonly levels: readonly LevelSource[]
  /** The images of a file that holds several, and the number of the one that is opened, from 1. */
  readonly images?: SlideInfo['images']
  readonly image?: number
  /** Sentences on what is wrong, although the file could be opened. */
  readonly notices?: readonly Message[]
  readonly associated?: readonly AssociatedSource[]
  /** The file's ICC profile; absent or null if it has none. */
  readonly profile?: Buffer | null
  close(): Promise<void>
}

/** Returns the width and height of a tile without padding. */
export function tileExtent(
  level: Pick<LevelSource, 'width' | 'height' | 'tileWidth' | 'tileHeight'>,
  x: number,
  y: number,
) {
  return {
    width: Math.min(level.tileWidth, level.width - x * level.tileWidth),
    height: Math.min(level.tileHeight, level.height - y * level.tileHeight),
  }
}

export const columns = (level: Pick<LevelSource, 'width' | 'tileWidth'>) => Math.ceil(level.width / level.tileWidth)
export const rows = (level: Pick<LevelSource, 'height' | 'tileHeight'>) => Math.ceil(level.height / level.tileHeight)

/** Returns level-0 pixels per level pixel, from their sizes: a whole number where these allow it. */
export const downsampleOf = (
  level0: { width: number; height: number },
  level: { width: number; height: number },
): number => factorOfSizes(level0, level) ?? (level0.width / level.width + level0.height / level.height) / 2
