import type { Random } from '../nn/random.ts'

/** An RGB image with boxes, as training uses it. */
export interface AnnotatedImage {
  readonly width: number
  readonly height: number
  /** interleaved RGB bytes */
  readonly rgb: Uint8Array
  /** xmin, ymin, xmax, ymax per nucleus, pixels */
  readonly boxes: Float32Array
}

/**
 * Where a crop lies in its image: an axis-parallel square of `size` image pixels around (cx, cy), mirrored and rotated
 * by quarter turns, then resampled to the network's input size.
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
  /** Index of each box among the image's boxes. */
  readonly index: Uint32Array
}

/**
 * Linear map from a place in the crop (u, v from −½ to ½) to an offset in the image. Used for pixels and boxes alike.
 */
function axes({ turns, mirror }: CropGeometry): [number, number, number, number] {
  let matrix: [number, number, number, number] = mirror ? [-1, 0, 0, 1] : [1, 0, 0, 1]
  for (let i = 0; i < ((turns % 4) + 4) % 4; i++) matrix = [-matrix[1], matrix[0], -matrix[3], matrix[2]]
  return matrix
}

/** Returns the function that maps a point of the image to crop pixels. */
export function placeInCrop(geometry: CropGeometry, side: number): (x: number, y: number) => [number, number] {
  const [a, b, c, d] = axes(geometry)
  const scale = side / geometry.size
  return (x, y) => {
    const [dx, dy] = [(x - geometry.cx) * scale, (y - geometry.cy) * scale]
    // The inverse of an orthogonal matrix is its transpose.
    return [a * dx + c * dy + side / 2, b * dx + d * dy + side / 2]
  }
}

/** Smallest share of a box's area inside the crop with which the nucleus is kept. */
const visiblePart = 0.25

/** Cuts the crop. Outside the image it is white. Drops boxes with less than a quarter of their area inside. */
export function cropAt(image: AnnotatedImage, geometry: CropGeometry, side: number): CropWithBoxes {
  const [a, b, c, d] = axes(geometry)
  const scale = geometry.size / side
  const rgb = new Uint8Array(side * side * 3)
  // The map is axis-parallel: x depends on only one of u and v, and y on the other.
  const x = axisSamples(geometry.cx, (a + b) * scale, side, image.width, 3)
  const y = axisSamples(geometry.cy, (c + d) * scale, side, image.height, 3 * image.width)
  if (b === 0) sampleInto(rgb, image.rgb, x, y)
  else sampleInto(rgb, image.rgb, y, x)
  const boxes: number[] = []
  const index: number[] = []
  const place = placeInCrop(geometry, side)
  for (let i = 0; i < image.boxes.length / 4; i++) {
    const p = place(image.boxes[4 * i], image.boxes[4 * i + 1])
    const q = place(image.boxes[4 * i + 2], image.boxes[4 * i + 3])
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

/** Samples along one axis: each lies between two lines of pixels, given by their byte offsets. */
interface AxisSamples {
  readonly low: Int32Array
  readonly high: Int32Array
  /** Weight of the `high` line, in units of 2^−fractionBits; −1 outside the image. */
  readonly fraction: Int32Array
}
/** Chosen so that 8 bits of colour times two fractions stay below 2³¹. */
const fractionBits = 11
const whole = 1 << fractionBits

/**
 * Places `side` samples, `step` apart around `centre`, among `length` lines of pixels.
 * @param stride bytes from one line to the next
 */
function axisSamples(centre: number, step: number, side: number, length: number, stride: number): AxisSamples {
  const low = new Int32Array(side)
  const high = new Int32Array(side)
  const fraction = new Int32Array(side)
  for (let i = 0; i < side; i++) {
    const at = centre + (i + 0.5 - side / 2) * step - 0.5
    const line = Math.min(Math.max(Math.floor(at), 0), length - 1)
    low[i] = line * stride
    high[i] = Math.min(line + 1, length - 1) * stride
    const isInside = at >= -0.5 && at <= length - 0.5
    fraction[i] = isInside ? Math.round(Math.min(Math.max(at - line, 0), 1) * whole) : -1
  }
  return { low, high, fraction }
}

/** Samples bilinearly. Crops are read at about their own scale, where this neither blurs nor aliases visibly. */
function sampleInto(out: Uint8Array, rgb: Uint8Array, across: AxisSamples, down: AxisSamples): void {
  const { low, high, fraction } = across
  const side = fraction.length
  const half = 1 << (2 * fractionBits - 1)
  for (let v = 0, at = 0; v < side; v++) {
    const fv = down.fraction[v]
    const upper = down.low[v]
    const lower = down.high[v]
    for (let u = 0; u < side; u++, at += 3) {
      const fu = fraction[u]
      if (fu < 0 || fv < 0) {
        out[at] = out[at + 1] = out[at + 2] = 255
        continue
      }
      const p = upper + low[u]
      const q = upper + high[u]
      const r = lower + low[u]
      const s = lower + high[u]
      const w11 = Math.imul(fu, fv)
      const w10 = (fu << fractionBits) - w11
      const w01 = (fv << fractionBits) - w11
      const w00 = (whole << fractionBits) - w10 - w01 - w11
      out[at] =
        (half + Math.imul(w00, rgb[p]) + Math.imul(w10, rgb[q]) + Math.imul(w01, rgb[r]) + Math.imul(w11, rgb[s])) >>
        (2 * fractionBits)
      out[at + 1] =
        (half +
          Math.imul(w00, rgb[p + 1]) +
          Math.imul(w10, rgb[q + 1]) +
          Math.imul(w01, rgb[r + 1]) +
          Math.imul(w11, rgb[s + 1])) >>
        (2 * fractionBits)
      out[at + 2] =
        (half +
          Math.imul(w00, rgb[p + 2]) +
          Math.imul(w10, rgb[q + 2]) +
          Math.imul(w01, rgb[r + 2]) +
          Math.imul(w11, rgb[s + 2])) >>
        (2 * fractionBits)
    }
  }
}

export interface ColourJitter {
  /** Range of haematoxylin, eosin and residual: factor 1 ± and offset ± in optical density (Tellez et al. 2018). */
  readonly stain: number
  /** Range of brightness and contrast: factor 1 ±. */
  readonly brightness: number
  readonly contrast: number
  /** Smallest and largest common factor of all optical densities, for paler and darker slides; default: 1. */
  readonly density?: readonly [number, number]
}

// Ruifrok & Johnston (2001); rows haematoxylin, eosin, residual; normalised.
const stains = [
  [0.65, 0.7, 0.29],
  [0.07, 0.99, 0.11],
  [0.27, 0.57, 0.78],
].map((row) => row.map((v) => v / Math.hypot(...row)))
const unmixing = invert3(stains)

/**
 * Jitters stain and light in place. The map of optical densities is linear, so one 3×3 matrix and an offset suffice.
 */
export function jitterColour(rgb: Uint8Array, jitter: ColourJitter, rng: Random): void {
  const density = jitter.density ? rng.between(...jitter.density) : 1
  const factor = stains.map(() => density * (1 + rng.between(-jitter.stain, jitter.stain)))
  const offset = stains.map(() => rng.between(-jitter.stain, jitter.stain) * 0.2)
  const m = [0, 1, 2].map((from) =>
    [0, 1, 2].map((to) => [0, 1, 2].reduce((s, k) => s + unmixing[from][k] * factor[k] * stains[k][to], 0)),
  )
  const shift = [0, 1, 2].map((to) => [0, 1, 2].reduce((s, k) => s + offset[k] * stains[k][to], 0))
  const brightness = 1 + rng.between(-jitter.brightness, jitter.brightness)
  const contrast = 1 + rng.between(-jitter.contrast, jitter.contrast)
  let mean = 0
  for (let i = 0; i < rgb.length; i++) mean += rgb[i]
  mean /= rgb.length
  const toByte = (light: number) => ((light - mean) * contrast + mean) * brightness
  const [red, green, blue] = [0, 1, 2].map((to) => mixed([m[0][to], m[1][to], m[2][to]], shift[to], toByte))
  for (let i = 0; i < rgb.length; i += 3) {
    const r = rgb[i]
    const g = rgb[i + 1]
    const b = rgb[i + 2]
    rgb[i] = red.byte[(red.parts[r] + red.parts[256 + g] + red.parts[512 + b]) >> stepBits]
    rgb[i + 1] = green.byte[(green.parts[r] + green.parts[256 + g] + green.parts[512 + b]) >> stepBits]
    rgb[i + 2] = blue.byte[(blue.parts[r] + blue.parts[256 + g] + blue.parts[512 + b]) >> stepBits]
  }
}

/**
 * Blurs a square image in place by a Gaussian, repeating its border outwards.
 * @param sigma pixels
 */
export function blur(rgb: Uint8Array, side: number, sigma: number): void {
  const reach = Math.ceil(2.5 * sigma)
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)))
  const total = kernel.reduce((a, b) => a + b)
  const line = new Float64Array(side + 2 * reach)
  const pass = (start: number, step: number) => {
    for (let i = 0; i < line.length; i++) line[i] = rgb[start + Math.min(Math.max(i - reach, 0), side - 1) * step]
    for (let i = 0; i < side; i++) {
      let sum = 0
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * line[i + k]
      rgb[start + i * step] = Math.round(sum / total)
    }
  }
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < side; row++) pass(3 * side * row + channel, 3)
    for (let column = 0; column < side; column++) pass(3 * column + channel, 3 * side)
  }
}

/**
 * Returns the boxes with each border moved randomly.
 * @param deviation standard deviation as a share of the box's side
 */
export function jitterBoxes(boxes: Float32Array, deviation: number, rng: Random): Float32Array {
  const moved = boxes.slice()
  for (let i = 0; i < boxes.length; i += 4)
    for (let axis = 0; axis < 2; axis++) {
      const [low, high] = [i + axis, i + axis + 2]
      const length = boxes[high] - boxes[low]
      moved[low] += rng.normal() * deviation * length
      moved[high] = Math.max(moved[high] + rng.normal() * deviation * length, moved[low] + leastSide)
    }
  return moved
}
/** Smallest side of a jittered box, pixels. */
const leastSide = 2

const densityTable = once(() => Float64Array.from({ length: 256 }, (_, v) => -Math.log((v + 1) / 256)))
/**
 * Light is tabulated by optical density in steps of 1/1024. From step to step it changes by at most a quarter of a
 * byte.
 */
const lightSteps = 1024
const lightTable = once(() =>
  Float64Array.from({ length: 6 * lightSteps }, (_, i) => Math.max(0, 256 * Math.exp(-(i + 0.5) / lightSteps) - 1)),
)
/** Fractional bits to which the summands of a step are rounded. */
const stepBits = 10

/**
 * Returns one channel of the jittered colour as tables.
 * @returns parts: what each value of red, green and blue adds to the step, times 2^stepBits; byte: the colour by step
 */
function mixed(weights: readonly number[], shift: number, toByte: (light: number) => number) {
  const density = densityTable()
  const light = lightTable()
  // Steps are counted from the smallest possible one, so that none is negative.
  const most = density[0]
  const lowest = Math.floor((shift + weights.reduce((s, w) => s + Math.min(0, w * most), 0)) * lightSteps)
  const highest = Math.ceil((shift + weights.reduce((s, w) => s + Math.max(0, w * most), 0)) * lightSteps)
  const unit = lightSteps << stepBits
  const start = shift * unit - (lowest << stepBits)
  const parts = Int32Array.from({ length: 768 }, (_, i) =>
    Math.round(density[i & 255] * weights[i >> 8] * unit + (i < 256 ? start : 0)),
  )
  // One extra step allows for rounding.
  const byte = new Uint8ClampedArray(highest - lowest + 2)
  for (let i = 0; i < byte.length; i++) byte[i] = toByte(light[Math.min(Math.max(i + lowest, 0), light.length - 1)])
  return { parts, byte }
}

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
