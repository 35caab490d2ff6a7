import OpenSeadragon from 'openseadragon'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import type { SlideInfo } from '../../../electron/contract/slides/slide.ts'
import { address } from '../../host/index.ts'

/**
 * Presents a slide's stored levels to OpenSeadragon, which counts levels from the smallest and assumes factors of two.
 * Slides can have any factor, so scale, tile size and number of tiles are answered for each stored level.
 */
export function slideTileSource(slideId: number, info: SlideInfo): OpenSeadragon.TileSource {
  const levels = [...info.levels].map((level, index) => ({ ...level, index })).sort((a, b) => a.width - b.width)
  const at = (level: number) => levels[Math.max(0, Math.min(levels.length - 1, level))]
  const source = new OpenSeadragon.TileSource({
    width: info.width,
    height: info.height,
    tileOverlap: 0,
    minLevel: 0,
    maxLevel: levels.length - 1,
  })
  return Object.assign(source, {
    getLevelScale: (level: number) => 1 / at(level).downsample,
    getTileWidth: (level: number) => at(level).tileWidth,
    getTileHeight: (level: number) => at(level).tileHeight,
    getNumTiles: (level: number) => {
      const { width, height, tileWidth, tileHeight } = at(level)
      return new OpenSeadragon.Point(Math.ceil(width / tileWidth), Math.ceil(height / tileHeight))
    },
    getTileBounds: (level: number, x: number, y: number, isSource?: boolean) => {
      const { width, height, tileWidth, tileHeight, downsample } = at(level)
      const w = Math.min(tileWidth, width - x * tileWidth)
      const h = Math.min(tileHeight, height - y * tileHeight)
      if (isSource) return new OpenSeadragon.Rect(0, 0, w, h)
      const scale = downsample / info.width // OpenSeadragon's unit is the slide's width
      return new OpenSeadragon.Rect(x * tileWidth * scale, y * tileHeight * scale, w * scale, h * scale)
    },
    getTileUrl: (level: number, x: number, y: number) => address(binaryRoutes.tile(slideId, at(level).index, x, y)),
  })
}
