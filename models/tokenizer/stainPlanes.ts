import { opticalDensity, ruifrokJohnston, unmixing } from '../tissue/stains.ts'

/** Haematoxylin and eosin. */
export const planes = 2
/** Mean and spread by which each stain is normalised: haematoxylin, eosin; optical density. */
export interface StainScale {
  readonly mean: [haematoxylin: number, eosin: number]
  readonly spread: [haematoxylin: number, eosin: number]
}

/** Spread below which a picture counts as empty, optical density; glass with JPEG noise has about half of it. */
const leastSpread = 0.03

/**
 * Returns haematoxylin and eosin of pictures, normalised.
 * @param rgb interleaved bytes [count, side, side, 3]
 * @param scale normalises all pictures alike, which keeps how dark a nucleus is. Without it, each picture is normalised
 * by its own mean and spread, which keeps only contrast within the picture.
 * @returns [count, 2, side, side], about −3 … 3
 */
export function stainPlanes(rgb: Uint8Array, side: number, count: number, scale?: StainScale): Float32Array {
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
      const own = sum / pixels
      const mean = scale?.mean[plane] ?? own
      const spread = scale?.spread[plane] ?? Math.sqrt(Math.max(0, squares / pixels - own * own))
      const factor = 1 / Math.hypot(spread, leastSpread)
      for (let p = at; p < at + pixels; p++) out[p] = (out[p] - mean) * factor
    }
  }
  return out
}

/** Returns mean and spread over all given pictures together. */
export function stainScaleOf(rgb: Uint8Array): StainScale {
  const rows = unmixing(ruifrokJohnston)
  const of = (plane: number): [mean: number, spread: number] => {
    const [r, g, b] = rows.subarray(3 * plane)
    let sum = 0
    let squares = 0
    for (let k = 0; k < rgb.length; k += 3) {
      const amount = r * opticalDensity[rgb[k]] + g * opticalDensity[rgb[k + 1]] + b * opticalDensity[rgb[k + 2]]
      sum += amount
      squares += amount * amount
    }
    const mean = (3 * sum) / rgb.length
    return [mean, Math.sqrt(Math.max(0, (3 * squares) / rgb.length - mean * mean))]
  }
  const [[h, hs], [e, es]] = [of(0), of(1)]
  return { mean: [h, e], spread: [hs, es] }
}

/** Mean and spread (optical density) with which planes are displayed: about those of CoNSeP's training tiles. */
const shown = [
  { mean: 0.25, spread: 0.17 },
  { mean: 0.25, spread: 0.12 },
] as const

/**
 * Draws stain planes as a picture in the stains' usual colours.
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
