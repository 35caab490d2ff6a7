import type { Random } from '../nn/random.ts'

/** An RGB picture with boxes, as training sees it. */
export interface AnnotatedImage {
  readonly width: number
  readonly height: number
  /** interleaved RGB bytes */
  readonly rgb: Uint8Array
  /** xmin, ymin, xmax, ymax per nucleus, pixels */
  readonly boxes: Float32Array
}

/**
 * Where a crop lies in its image: an axis-parallel square of `size` image pixels around (cx, cy), mirrored and turned
 * by quarters, resampled to the network's input.
 */
export interface CropGeometry {
  readonly cx: number
  readonly cy: number
  readonly size: number
  /** Number of quarter turns clockwise. */
  readonly turns: number
  readonly mirror: boolean
}

export interface CropWithBoxes {
  /** side·side·3 bytes */
  readonly rgb: Uint8Array
  /** Boxes in crop pixels, clipped. */
  readonly boxes: Float32Array
  /** Position in the image's boxes of each. */
  readonly index: Uint32Array
}

/**
 * Crop pixel (u, v) from −½ to ½ ↦ image offset, by the same linear map for pixels and boxes, so that both follow
 * exactly.
 */
function axes({ turns, mirror }: CropGeometry): [number, number, number, number] {
  let matrix: [number, number, number, number] = mirror ? [-1, 0, 0, 1] : [1, 0, 0, 1]
  for (let i = 0; i < ((turns % 4) + 4) % 4; i++) matrix = [-matrix[1], matrix[0], -matrix[3], matrix[2]]
  return matrix
}

/** Smallest part of a box's area that must lie in the crop for the nucleus to take part. */
const visiblePart = 0.25

/** Cuts the crop; outside the image is white. Boxes with less than a quarter of their area inside are left out. */
export function cropAt(image: AnnotatedImage, geometry: CropGeometry, side: number): CropWithBoxes {
  const [a, b, c, d] = axes(geometry)
  const scale = geometry.size / side
  const rgb = new Uint8Array(side * side * 3)
  sampleInto(rgb, image, side, (u, v) => {
    const x = (u + 0.5 - side / 2) * scale
    const y = (v + 0.5 - side / 2) * scale
    return [geometry.cx + a * x + b * y - 0.5, geometry.cy + c * x + d * y - 0.5]
  })
  const boxes: number[] = []
  const index: number[] = []
  for (let i = 0; i < image.boxes.length / 4; i++) {
    const x0 = image.boxes[4 * i] - geometry.cx
    const y0 = image.boxes[4 * i + 1] - geometry.cy
    const x1 = image.boxes[4 * i + 2] - geometry.cx
    const y1 = image.boxes[4 * i + 3] - geometry.cy
    // The inverse of an orthogonal matrix is its transpose.
    const p = [(a * x0 + c * y0) / scale + side / 2, (b * x0 + d * y0) / scale + side / 2]
    const q = [(a * x1 + c * y1) / scale + side / 2, (b * x1 + d * y1) / scale + side / 2]
    const [left, right] = p[0] < q[0] ? [p[0], q[0]] : [q[0], p[0]]
    const [top, bottom] = p[1] < q[1] ? [p[1], q[1]] : [q[1], p[1]]
    const clipped = [Math.max(left, 0), Math.max(top, 0), Math.min(right, side), Math.min(bottom, side)]
    const inside = Math.max(0, clipped[2] - clipped[0]) * Math.max(0, clipped[3] - clipped[1])
    if (inside <= 0 || inside < visiblePart * (right - left) * (bottom - top)) continue
    boxes.push(...clipped)
    index.push(i)
  }
  return { rgb, boxes: Float32Array.from(boxes), index: Uint32Array.from(index) }
}

/** Bilinear sampling: crops are read at about their own scale, where it neither blurs nor aliases visibly. */
function sampleInto(
  out: Uint8Array,
  { width, height, rgb }: AnnotatedImage,
  side: number,
  place: (u: number, v: number) => [number, number],
): void {
  // The map is affine: two steps and an origin say it all, and the inner loop stays free of calls.
  const [x00, y00] = place(0, 0)
  const [x10, y10] = place(1, 0)
  const [x01, y01] = place(0, 1)
  let at = 0
  for (let v = 0; v < side; v++)
    for (let u = 0; u < side; u++, at += 3) {
      const x = x00 + u * (x10 - x00) + v * (x01 - x00)
      const y = y00 + u * (y10 - y00) + v * (y01 - y00)
      if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) {
        out[at] = out[at + 1] = out[at + 2] = 255
        continue
      }
      const xl = Math.min(Math.max(Math.floor(x), 0), width - 1)
      const yl = Math.min(Math.max(Math.floor(y), 0), height - 1)
      const xh = Math.min(xl + 1, width - 1)
      const yh = Math.min(yl + 1, height - 1)
      const fx = Math.min(Math.max(x - xl, 0), 1)
      const fy = Math.min(Math.max(y - yl, 0), 1)
      const [p00, p10, p01, p11] = [
        3 * (yl * width + xl),
        3 * (yl * width + xh),
        3 * (yh * width + xl),
        3 * (yh * width + xh),
      ]
      for (let k = 0; k < 3; k++) {
        const top = rgb[p00 + k] + fx * (rgb[p10 + k] - rgb[p00 + k])
        const bottom = rgb[p01 + k] + fx * (rgb[p11 + k] - rgb[p01 + k])
        out[at + k] = top + fy * (bottom - top) + 0.5
      }
    }
}

export interface ColourJitter {
  /** Haematoxylin, eosin and residual: factor 1 ± and offset ± in optical density (Tellez et al. 2018). */
  readonly stain: number
  /** Brightness and contrast factor 1 ±. */
  readonly brightness: number
  readonly contrast: number
}

// Ruifrok & Johnston (2001), rows haematoxylin, eosin, residual, normalised.
const stains = [
  [0.65, 0.7, 0.29],
  [0.07, 0.99, 0.11],
  [0.27, 0.57, 0.78],
].map((row) => row.map((v) => v / Math.hypot(...row)))
const unmixing = invert3(stains)

/** Jitters stain and light in place: optical densities are a linear map, so one 3×3 matrix and an offset do it. */
export function jitterColour(rgb: Uint8Array, jitter: ColourJitter, rng: Random): void {
  const factor = stains.map(() => 1 + rng.between(-jitter.stain, jitter.stain))
  const offset = stains.map(() => rng.between(-jitter.stain, jitter.stain) * 0.2)
  const m = [0, 1, 2].map((from) =>
    [0, 1, 2].map((to) => [0, 1, 2].reduce((s, k) => s + unmixing[from][k] * factor[k] * stains[k][to], 0)),
  )
  const shift = [0, 1, 2].map((to) => [0, 1, 2].reduce((s, k) => s + offset[k] * stains[k][to], 0))
  const brightness = 1 + rng.between(-jitter.brightness, jitter.brightness)
  const contrast = 1 + rng.between(-jitter.contrast, jitter.contrast)
  const density = densityTable()
  const light = lightTable()
  let mean = 0
  for (let i = 0; i < rgb.length; i += 3) mean += rgb[i] + rgb[i + 1] + rgb[i + 2]
  mean /= rgb.length
  const toByte = Uint8ClampedArray.from({ length: 256 }, (_, v) => ((v - mean) * contrast + mean) * brightness)
  for (let i = 0; i < rgb.length; i += 3) {
    const [r, g, b] = [density[rgb[i]], density[rgb[i + 1]], density[rgb[i + 2]]]
    for (let k = 0; k < 3; k++) {
      const od = r * m[0][k] + g * m[1][k] + b * m[2][k] + shift[k]
      rgb[i + k] = toByte[light[Math.min(Math.max((od * lightSteps) | 0, 0), light.length - 1)]]
    }
  }
}

const densityTable = once(() => Float32Array.from({ length: 256 }, (_, v) => -Math.log((v + 1) / 256)))
/** Light from optical density in steps of 1/512, finer than a byte can show. */
const lightSteps = 512
const lightTable = once(() =>
  Uint8ClampedArray.from({ length: 6 * lightSteps }, (_, i) => 256 * Math.exp(-i / lightSteps) - 1),
)

function once<T>(make: () => T): () => T {
  let value: T | undefined
  return () => (value ??= make())
}

function invert3(m: number[][]): number[][] {
  const [[a, b, c], [d, e, f], [g, h, i]] = m
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((v) => v / det))
}
