import { gridOf, type NucleusVitConfig } from './config.ts'

/**
 * Positions of patches and nuclei. Four quarters of the width encode the vertical place, the horizontal place, and two
 * extents. All are fixed functions of the geometry, so they are computed here and fed to the network. `published` and
 * `paper` are described in docs/method.md; `geometric` is for networks trained here.
 */
export interface PositionTables {
  /** [grid², D] */
  readonly patches: Float32Array
  /** [n, D] for boxes xmin, ymin, xmax, ymax in crop pixels. */
  nuclei(boxes: ArrayLike<number>): Float32Array
}

export function positionTables(config: NucleusVitConfig): PositionTables {
  return config.positions === 'paper' ? asInPaper(config) : byPixel(config)
}

/** Codes of one coordinate for each integer pixel, each [imageSize, D/4]. */
export interface PixelPositions {
  /** Codes of a place, vertical or horizontal. */
  readonly place: Float32Array
  /** Codes of a height or a width. */
  readonly extent: Float32Array
}

/** Sine and cosine of each rate (radians per pixel), interleaved: [count, 2·rates]. */
function waves(count: number, rates: readonly number[], amplitude: number): Float32Array {
  const table = new Float32Array(count * 2 * rates.length)
  for (let pixel = 0, at = 0; pixel < count; pixel++)
    for (const rate of rates) {
      table[at++] = amplitude * Math.sin(pixel * rate)
      table[at++] = amplitude * Math.cos(pixel * rate)
    }
  return table
}

export const pixelPositions = (config: NucleusVitConfig): PixelPositions =>
  config.positions === 'geometric' ? geometric(config) : published(config)

/** The authors' table, the same for places and extents: a sinusoid with base 10000. */
function published({ width, imageSize }: NucleusVitConfig): PixelPositions {
  const quarter = width / 4
  const rates = Array.from({ length: quarter / 2 }, (_, j) => Math.exp(-(Math.log(10000) / quarter) * 2 * j))
  const table = waves(imageSize, rates, 1)
  return { place: table, extent: table }
}

/** Amplitude of the geometric codes: about that of the patch embeddings at the start of training. */
const amplitude = 0.5

/**
 * Wavelengths form a geometric series from two patches to twice the image. Every channel then tells patches apart, and
 * the product of two places' codes falls with their distance. Half of the authors' wavelengths are shorter than a patch
 * or longer than the image. An extent is encoded by its difference from a patch's extent, so patches, which are all the
 * same size, have none.
 */
function geometric({ width, imageSize, patchSize }: NucleusVitConfig): PixelPositions {
  const quarter = width / 4
  const count = quarter / 2
  const [shortest, longest] = [2 * patchSize, 2 * imageSize]
  const rates = Array.from(
    { length: count },
    (_, j) => (2 * Math.PI) / (shortest * (longest / shortest) ** (j / Math.max(1, count - 1))),
  )
  const place = waves(imageSize, rates, amplitude)
  const ofPatch = (patchSize - 1) * quarter
  return { place, extent: place.map((value, i) => value - place[ofPatch + (i % quarter)]) }
}

/**
 * Codes by integer pixel. For patches, the table over all pixels, with both extents at patchSize − 1, is shrunk by
 * bilinear resizing without antialiasing. The authors' "x" table runs along image rows; nuclei use it with y, so that
 * patches and nuclei agree.
 */
function byPixel(config: NucleusVitConfig): PositionTables {
  const { width, imageSize, patchSize } = config
  const grid = gridOf(config)
  const quarter = width / 4
  const { place, extent } = pixelPositions(config)
  const row = (table: Float32Array, pixel: number) => table.subarray(pixel * quarter, (pixel + 1) * quarter)
  // Bilinear resizing without antialiasing samples between the two middle pixels of each patch.
  const middle = (cell: number) => {
    const centre = (cell + 0.5) * patchSize - 0.5
    const low = Math.floor(centre)
    const high = Math.min(low + 1, imageSize - 1)
    const t = centre - low
    return row(place, low).map((v, c) => v * (1 - t) + row(place, high)[c] * t)
  }
  const middles = Array.from({ length: grid }, (_, cell) => middle(cell))
  const patches = new Float32Array(grid * grid * width)
  const ofPatch = row(extent, patchSize - 1)
  for (let y = 0; y < grid; y++)
    for (let x = 0; x < grid; x++) {
      const at = (y * grid + x) * width
      patches.set(middles[y], at)
      patches.set(middles[x], at + quarter)
      patches.set(ofPatch, at + 2 * quarter)
      patches.set(ofPatch, at + 3 * quarter)
    }
  const index = (pixel: number) => Math.min(Math.max(Math.trunc(pixel), 0), imageSize - 1)
  return {
    patches,
    nuclei(boxes) {
      const count = boxes.length / 4
      const positions = new Float32Array(count * width)
      for (let i = 0; i < count; i++) {
        const [x0, y0, x1, y1] = [boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]]
        const quarters = [
          [place, (y0 + y1) / 2],
          [place, (x0 + x1) / 2],
          [extent, y1 - y0],
          [extent, x1 - x0],
        ] as const
        // In float32, as in the authors' code: otherwise a sum just below a whole pixel is truncated to another pixel.
        quarters.forEach(([table, pixel], k) =>
          positions.set(row(table, index(Math.fround(pixel))), i * width + k * quarter),
        )
      }
      return positions
    },
  }
}

/**
 * The paper's section 2.2: γ(t) = [sin 2⁰πt, cos 2⁰πt, …, sin 2^(D/8−1)πt, cos 2^(D/8−1)πt] of x, y, w, h in [0, 1].
 * 2ʲt is reduced modulo 2 before the sine, because it reaches 2⁹⁵ for D = 768. Doubling is exact in binary.
 */
function asInPaper(config: NucleusVitConfig): PositionTables {
  const { width, imageSize, patchSize } = config
  const grid = gridOf(config)
  const quarter = width / 4
  const encode = (t: number, out: Float32Array, at: number) => {
    let turns = Math.min(Math.max(t, 0), 1)
    for (let j = 0; j < quarter / 2; j++) {
      out[at + 2 * j] = Math.sin(Math.PI * turns)
      out[at + 2 * j + 1] = Math.cos(Math.PI * turns)
      turns = (turns * 2) % 2
    }
  }
  const put = (x: number, y: number, w: number, h: number, out: Float32Array, at: number) =>
    [x, y, w, h].forEach((t, k) => encode(t / imageSize, out, at + k * quarter))
  const patches = new Float32Array(grid * grid * width)
  for (let y = 0; y < grid; y++)
    for (let x = 0; x < grid; x++)
      put((x + 0.5) * patchSize, (y + 0.5) * patchSize, patchSize, patchSize, patches, (y * grid + x) * width)
  return {
    patches,
    nuclei(boxes) {
      const count = boxes.length / 4
      const positions = new Float32Array(count * width)
      for (let i = 0; i < count; i++) {
        const [x0, y0, x1, y1] = [boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]]
        put((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, positions, i * width)
      }
      return positions
    },
  }
}
