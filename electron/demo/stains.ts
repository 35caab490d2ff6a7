import { seededRandom } from './random.ts'

/** Amounts of stain per pixel, row by row; optical density per channel = Σ amount × vector. */
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
  haematoxylin: [0.58, 0.75, 0.32],
  eosin: [0.13, 0.91, 0.39],
  erythrocyte: [0.06, 0.7, 0.71],
} as const
/** What the scanner sees of bare glass. */
const glass = [244, 243, 245] as const

export const emptyFields = (width: number, height: number): StainFields => ({
  width,
  height,
  haematoxylin: new Float32Array(width * height),
  eosin: new Float32Array(width * height),
  erythrocyte: new Float32Array(width * height),
})

/** 5 × 5 Gaussian of sigma 1.05 px in place, edges repeated: what a 40× objective leaves of a sharp edge. */
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

/**
 * Transmitted light by Beer and Lambert, with the sensor's noise: interleaved 8-bit RGB.
 */
export function fieldsToRgb(fields: StainFields, seed: number): Uint8Array {
  const { haematoxylin, eosin, erythrocyte } = fields
  const random = seededRandom(seed)
  const noise = Float32Array.from({ length: 1 << 16 }, () => random.normal(0, 2.2))
  const rgb = new Uint8Array(3 * haematoxylin.length)
  for (let i = 0; i < haematoxylin.length; i++) {
    const grain = noise[(Math.imul(i, 0x9e3779b1) >>> 16) & 0xffff]
    for (let c = 0; c < 3; c++) {
      const density =
        haematoxylin[i] * vectors.haematoxylin[c] +
        eosin[i] * vectors.eosin[c] +
        erythrocyte[i] * vectors.erythrocyte[c]
      const light =
        glass[c] * Math.exp(-density) + grain * 0.7 + noise[(Math.imul(3 * i + c, 0x85ebca6b) >>> 15) & 0xffff] * 0.7
      rgb[3 * i + c] = Math.min(255, Math.max(0, Math.round(light)))
    }
  }
  return rgb
}
