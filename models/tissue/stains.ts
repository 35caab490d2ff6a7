/**
 * H&E in stain space. Light is absorbed exponentially (Beer–Lambert), so stains add up in optical density
 * OD = −log10(I / I₀), and the amounts of two stains follow from a 3 × 3 inverse (Ruifrok & Johnston 2001).
 */

/** Optical density of one unit of each stain in R, G, B; both of length 1. */
export interface StainVectors {
  readonly haematoxylin: readonly [number, number, number]
  readonly eosin: readonly [number, number, number]
}

/** Ruifrok & Johnston's published vectors: the starting point and the fallback. */
export const ruifrokJohnston: StainVectors = {
  haematoxylin: [0.65, 0.704, 0.286],
  eosin: [0.072, 0.99, 0.105],
}

/** Amounts of stain per pixel (optical density along the stain's vector), row by row. */
export interface StainImages {
  readonly width: number
  readonly height: number
  readonly haematoxylin: Float32Array
  readonly eosin: Float32Array
  /** What neither stain explains: pigment, ink, a fold's grey. Signed. */
  readonly residual: Float32Array
}

/** OD of each 8-bit value, 255 being clear glass; 0 counts as 1, because no light at all has no logarithm. */
export const opticalDensity = Float32Array.from({ length: 256 }, (_, v) => -Math.log10(Math.max(v, 1) / 255))

const cross = (a: readonly number[], b: readonly number[]): [number, number, number] => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
const unit = (v: [number, number, number]): [number, number, number] => {
  const length = Math.hypot(...v)
  return [v[0] / length, v[1] / length, v[2] / length]
}

/**
 * Rows of the inverse of the matrix whose columns are haematoxylin, eosin and their normal: amounts = rows · OD.
 * Nine numbers, row by row.
 */
export function unmixing(vectors: StainVectors): Float64Array {
  const h = unit([...vectors.haematoxylin])
  const e = unit([...vectors.eosin])
  const r = unit(cross(h, e))
  const er = cross(e, r)
  const rh = cross(r, h)
  const he = cross(h, e)
  const determinant = h[0] * er[0] + h[1] * er[1] + h[2] * er[2]
  return Float64Array.from([...er, ...rh, ...he], (v) => v / determinant)
}

/** Separates the stains of an interleaved 8-bit RGB image of width × height pixels. */
export function separateStains(
  rgb: Uint8Array,
  width: number,
  height: number,
  vectors: StainVectors = ruifrokJohnston,
): StainImages {
  const [hr, hg, hb, er, eg, eb, rr, rg, rb] = unmixing(vectors)
  const pixels = width * height
  const haematoxylin = new Float32Array(pixels)
  const eosin = new Float32Array(pixels)
  const residual = new Float32Array(pixels)
  for (let p = 0, k = 0; p < pixels; p++, k += 3) {
    const r = opticalDensity[rgb[k]]
    const g = opticalDensity[rgb[k + 1]]
    const b = opticalDensity[rgb[k + 2]]
    haematoxylin[p] = hr * r + hg * g + hb * b
    eosin[p] = er * r + eg * g + eb * b
    residual[p] = rr * r + rg * g + rb * b
  }
  return { width, height, haematoxylin, eosin, residual }
}
