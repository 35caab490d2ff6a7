import type { RgbImage } from '../../contract/index.ts'

/**
 * Returns the sharpness of a picture, independent of contrast: the energy of differences between neighbouring pixels
 * over that between pixels two apart (Brenner et al. 1976, as a ratio of two distances). It tends to 1/4 for a picture
 * that is blurred over several pixels, because differences then grow with distance. It is 1 for uncorrelated pixels,
 * NaN for a uniform picture.
 */
export function sharpness({ width, height, data }: RgbImage): number {
  const luminance = new Float32Array(width * height)
  for (let i = 0; i < luminance.length; i++) luminance[i] = data[3 * i] + data[3 * i + 1] + data[3 * i + 2]
  let near = 0
  let far = 0
  for (let y = 0; y + 2 < height; y++)
    for (let x = 0, i = y * width; x + 2 < width; x++, i++) {
      const here = luminance[i]
      near += (luminance[i + 1] - here) ** 2 + (luminance[i + width] - here) ** 2
      far += (luminance[i + 2] - here) ** 2 + (luminance[i + 2 * width] - here) ** 2
    }
  return near / far
}
