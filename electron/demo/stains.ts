import { random as seededRandom } from '../../models/nn/random.ts'

/** Amounts of stain per pixel, row by row. Optical density per channel = Σ amount × vector. */
export interface StainFields {
  readonly width: number
  readonly height: number
  readonly haematoxylin: Float32Array
  readonly eosin: Float32Array
  /** Red blood cells: eosin on haemoglobin, more orange than eosin elsewhere. */
  readonly erythrocyte: Float32Array
}

/** Unit optical-density vectors (R, G, B), fitted by eye to scanned colon H&E. */
const vectors = {
  haematoxylin: [0.54, 0.79, 0.3],
  eosin: [0.13, 0.91, 0.39],
  erythrocyte: [0.06, 0.7, 0.71],
} as const
/** RGB of bare glass in a scan. */
const glass = [244, 243, 245] as const

export const emptyFields = (width: number, height: number): StainFields => ({
  width,
  height,
  haematoxylin: new Float32Array(width * height),
  eosin: new Float32Array(width * height),
  erythrocyte: new Float32Array(width * height),
})

/** Blurs in place with a 5 × 5 Gaussian of sigma 1.05 px, edges repeated: as a 40× objective blurs a sharp edge. */
export function blur(field: Float32Array, width: number, height: number): void {
  const weights = [0, 1, 2].map((k) => Math.exp(-(k * k) / (2 * 1.05 * 1.05)))
  const sum = weights[0] + 2 * (weights[1] + weights[2])
  const [w0, w1, w2] = weights.map((w) => w / sum)
  const pass = (start: number, step: number, count: number) => {
    let a = field[start]
    let b = a
    let c = a
    let d = field[start + step * Math.min(1, count - 1)]
    for (let k = 0, at = start; k < count; k++, at += step) {
      const e = k + 2 < count ? field[at + 2 * step] : d
      field[at] = w0 * c + w1 * (b + d) + w2 * (a + e)
      a = b
      b = c
      c = d
      d = e
    }
  }
  for (let y = 0; y < height; y++) pass(y * width, 1, width)
  for (let x = 0; x < width; x++) pass(x, width, height)
}

/** Computes transmitted light by Beer and Lambert, with sensor noise. Returns interleaved 8-bit RGB. */
export function fieldsToRgb(fields: StainFields, seed: number): Uint8Array {
  const { haematoxylin, eosin, erythrocyte } = fields
  const random = seededRandom(seed)
  const noise = Float32Array.from({ length: 1 << 16 }, () => 2.2 * random.normal())
  // A table of exp(−density), with steps finer than one grey level: three exponentials per pixel would take a second.
  const stepsPerUnit = 1024
  const transmitted = Float32Array.from({ length: 8 * stepsPerUnit }, (_, k) => Math.exp(-(k + 0.5) / stepsPerUnit))
  const rgb = new Uint8ClampedArray(3 * haematoxylin.length)
  for (let c = 0; c < 3; c++) {
    const h = vectors.haematoxylin[c] * stepsPerUnit
    const e = vectors.eosin[c] * stepsPerUnit
    const r = vectors.erythrocyte[c] * stepsPerUnit
    for (let i = 0, at = c; i < haematoxylin.length; i++, at += 3) {
      const density = Math.min(transmitted.length - 1, haematoxylin[i] * h + eosin[i] * e + erythrocyte[i] * r)
      const grain = noise[Math.imul(i, 0x9e3779b1) >>> 16] + noise[Math.imul(at, 0x85ebca6b) >>> 16]
      rgb[at] = glass[c] * transmitted[density | 0] + 0.7 * grain
    }
  }
  return new Uint8Array(rgb.buffer)
}
