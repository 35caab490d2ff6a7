import type { RgbImage } from '../../contract/index.ts'

/**
 * How sharp a picture is, whatever its contrast: energy of differences between neighbours over that between next but one
 * (Brenner et al. 1976, as a ratio of two distances). A picture blurred well beyond its pixels tends to 1/4, for
 * differences then grow with distance; uncorrelated pixels give 1. NaN where the picture is even.
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
