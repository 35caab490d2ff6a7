import type { RgbImage } from '../../electron/contract/index.ts'

/** A rectangle cut out of an image. */
export function cut(image: RgbImage, x: number, y: number, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * 3
    data.set(image.data.subarray(from, from + width * 3), row * width * 3)
  }
  return { width, height, data }
}

/** The tiles of an image, uncompressed, padded with zeros at the edges. */
export function tilesOf(image: RgbImage, size: number): Buffer[] {
  const tiles: Buffer[] = []
  for (let top = 0; top < image.height; top += size)
    for (let left = 0; left < image.width; left += size) {
      const tile = Buffer.alloc(size * size * 3)
      const width = Math.min(size, image.width - left)
      for (let y = 0; y < Math.min(size, image.height - top); y++)
        tile.set(cut(image, left, top + y, width, 1).data, y * size * 3)
      tiles.push(tile)
    }
  return tiles
}
