import { FailureError, message, type RgbImage } from '../../contract/index.ts'
import { tileExtent, type LevelSource } from './source.ts'

/** Images without tiles are decoded whole: 120 million pixels take 360 MB. */
export const maxImagePixels = 120e6
const tileSize = 256

/** Throws FailureError 'unsupported' if an image without tiles would not fit in memory. */
export function checkImageSize(name: string, width: number, height: number): void {
  if (width * height > maxImagePixels)
    throw new FailureError(
      'unsupported',
      message('imageTooLarge', { file: name, size: [width, height], most: maxImagePixels }),
    )
}

/** Makes a level of an image that must be decoded whole: decodes it when first needed, then cuts it into tiles. */
export function memoryLevel(width: number, height: number, decodeWhole: () => Promise<RgbImage>): LevelSource {
  const size = { width, height, tileWidth: tileSize, tileHeight: tileSize }
  let whole: Promise<RgbImage> | undefined
  const image = () =>
    (whole ??= decodeWhole().catch((error: unknown) => {
      whole = undefined // try again next time: the drive may come back
      throw error
    }))
  return {
    ...size,
    async decode(x, y) {
      const { data } = await image()
      const extent = tileExtent(size, x, y)
      const tile = new Uint8Array(extent.width * extent.height * 3)
      for (let row = 0; row < extent.height; row++) {
        const from = ((y * tileSize + row) * width + x * tileSize) * 3
        tile.set(data.subarray(from, from + extent.width * 3), row * extent.width * 3)
      }
      return { ...extent, data: tile }
    },
  }
}
