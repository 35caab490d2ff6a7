import { opticalDensity, ruifrokJohnston, unmixing } from '../detector/stains.ts'

/** Haematoxylin and eosin. */
export const planes = 2
/** Spread below which a picture is taken for empty: optical density; glass with JPEG noise has about half of it. */
const leastSpread = 0.03

/**
 * Haematoxylin and eosin of pictures, each with its picture's own mean and spread taken out: how strongly a slide is stained
 * and lit is not in them, only what stands out within the picture.
 * @param rgb interleaved bytes [count, side, side, 3]
 * @returns [count, 2, side, side], about −3 … 3
 */
export function stainPlanes(rgb: Uint8Array, side: number, count: number): Float32Array {
  const pixels = side * side
  const out = new Float32Array(count * planes * pixels)
  const rows = unmixing(ruifrokJohnston)
  for (let image = 0; image < count; image++) {
    for (let plane = 0; plane < planes; plane++) {
      const [r, g, b] = rows.subarray(3 * plane)
      const at = (image * planes + plane) * pixels
      let sum = 0
      let squares = 0
      for (let p = 0, k = 3 * image * pixels; p < pixels; p++, k += 3) {
        const amount = r * opticalDensity[rgb[k]] + g * opticalDensity[rgb[k + 1]] + b * opticalDensity[rgb[k + 2]]
        out[at + p] = amount
        sum += amount
        squares += amount * amount
      }
      const mean = sum / pixels
      const scale = 1 / Math.hypot(Math.sqrt(Math.max(0, squares / pixels - mean * mean)), leastSpread)
      for (let p = at; p < at + pixels; p++) out[p] = (out[p] - mean) * scale
    }
  }
  return out
}

/** Mean and spread (optical density) that planes are shown with: about those of CoNSeP's training tiles. */
const shown = [
  { mean: 0.25, spread: 0.17 },
  { mean: 0.25, spread: 0.12 },
] as const

/**
 * Stain planes as a picture in the stains' usual colours.
 * @param image [2, side, side]
 * @returns interleaved bytes [side, side, 3]
 */
export function picturedPlanes(image: Float32Array): Uint8Array {
  const pixels = image.length / planes
  const out = new Uint8ClampedArray(3 * pixels)
  const { haematoxylin, eosin } = ruifrokJohnston
  for (let p = 0; p < pixels; p++) {
    const h = Math.max(0, shown[0].mean + shown[0].spread * image[p])
    const e = Math.max(0, shown[1].mean + shown[1].spread * image[pixels + p])
    for (let c = 0; c < 3; c++) out[3 * p + c] = 255 * 10 ** -(h * haematoxylin[c] + e * eosin[c])
  }
  return new Uint8Array(out.buffer)
}
