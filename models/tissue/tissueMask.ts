import { opticalDensity } from './stains.ts'

/**
 * Where tissue is in a small picture of the slide (interleaved RGB, a few µm per pixel): 1 where a pixel is coloured or
 * dark, which clean glass is not, whatever its grey. Widened by one pixel; rather too much than too little, because it
 * only saves the time of looking at glass.
 */
export function tissueMask(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const k = 3 * (y * width + x)
      const r = opticalDensity[rgb[k]]
      const g = opticalDensity[rgb[k + 1]]
      const b = opticalDensity[rgb[k + 2]]
      const coloured = Math.max(r, g, b) - Math.min(r, g, b) > leastColour
      if (!coloured && r + g + b <= leastDensity) continue
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++)
        mask.fill(1, v * width + Math.max(x - 1, 0), v * width + Math.min(x + 2, width))
    }
  return mask
}

/** OD between the most and the least absorbed channel; chosen by eye, not fitted. */
const leastColour = 0.04
/** OD summed over three channels, for what is dark but grey; chosen by eye, not fitted. */
const leastDensity = 0.45
