import { rgbTiles, writeTiff } from './tiff.ts'
import { tilesOf } from './tiles.ts'
import type { RgbImage } from '../../electron/contract/index.ts'

/** A slide of a kind that only OpenSlide reads, the simplest to write: a Trestle TIFF without overlaps. `smaller`: its other levels. */
export const trestleSlide = (image: RgbImage, tile: number, ...smaller: RgbImage[]): Buffer =>
  writeTiff(
    [image, ...smaller].map((level) => ({
      entries: [
        ...rgbTiles(level.width, level.height, tile),
        { tag: 270, type: 2, values: 'Objective Power=20;Background Color=FFFFFF;OverlapsXY=0 0' },
        { tag: 284, type: 3, values: [1] },
        { tag: 305, type: 2, values: 'MedScan 1.0' },
      ],
      blocks: tilesOf(level, tile),
    })),
  )
