import { gridOf, type NucleusVitConfig } from './config.ts'

/**
 * Positions of patches and nuclei: four quarters of the width for vertical place, horizontal place, and two extents.
 * Both presets of method.md; all numbers are fixed functions of the geometry, so they are computed here and fed.
 */
export interface PositionTables {
  /** [grid², D] */
  readonly patches: Float32Array
  /** [n, D] for boxes xmin, ymin, xmax, ymax in crop pixels. */
  nuclei(boxes: ArrayLike<number>): Float32Array
}

export function positionTables(config: NucleusVitConfig): PositionTables {
  return config.positions === 'published' ? published(config) : asInPaper(config)
}

/** The authors' table of one coordinate, [imageSize, D/4]: sinusoid of base 10000, sine and cosine interleaved. */
export function pixelPositions({ width, imageSize }: NucleusVitConfig): Float32Array {
  const quarter = width / 4
  const table = new Float32Array(imageSize * quarter)
  for (let pixel = 0; pixel < imageSize; pixel++)
    for (let c = 0; c < quarter; c++) {
      const angle = pixel * Math.exp(-(Math.log(10000) / quarter) * (c - (c % 2)))
      table[pixel * quarter + c] = c % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
    }
  return table
}

/**
 * The authors' code: sinusoid of base 10000 over integer pixels 0 … imageSize−1, sine and cosine interleaved. Patches:
 * the table over all pixels, with both extents at patchSize − 1, halved by bilinear resizing without antialiasing. Their
 * "x" table runs along image rows; nuclei use it with y, so that patches and nuclei agree.
 */
function published(config: NucleusVitConfig): PositionTables {
  const { width, imageSize, patchSize } = config
  const grid = gridOf(config)
  const quarter = width / 4
  const table = pixelPositions(config)
  const row = (pixel: number) => table.subarray(pixel * quarter, (pixel + 1) * quarter)
  // Bilinear resizing without antialiasing samples between the two middle pixels of each patch.
  const middle = (cell: number) => {
    const centre = (cell + 0.5) * patchSize - 0.5
    const low = Math.floor(centre)
    const high = Math.min(low + 1, imageSize - 1)
    const t = centre - low
    return row(low).map((v, c) => v * (1 - t) + row(high)[c] * t)
  }
  const middles = Array.from({ length: grid }, (_, cell) => middle(cell))
  const patches = new Float32Array(grid * grid * width)
  const extent = row(patchSize - 1)
  for (let y = 0; y < grid; y++)
    for (let x = 0; x < grid; x++) {
      const at = (y * grid + x) * width
      patches.set(middles[y], at)
      patches.set(middles[x], at + quarter)
      patches.set(extent, at + 2 * quarter)
      patches.set(extent, at + 3 * quarter)
    }
  const index = (pixel: number) => Math.min(Math.max(Math.trunc(pixel), 0), imageSize - 1)
  return {
    patches,
    nuclei(boxes) {
      const count = boxes.length / 4
      const positions = new Float32Array(count * width)
      for (let i = 0; i < count; i++) {
        const [x0, y0, x1, y1] = [boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]]
        const quarters = [(y0 + y1) / 2, (x0 + x1) / 2, y1 - y0, x1 - x0]
        // In float32, as the authors', or a sum just below a whole pixel would be truncated to another one.
        quarters.map(Math.fround).forEach((pixel, k) => positions.set(row(index(pixel)), i * width + k * quarter))
      }
      return positions
    },
  }
}

/**
 * The paper's section 2.2: γ(t) = [sin 2⁰πt, cos 2⁰πt, …, sin 2^(D/8−1)πt, cos 2^(D/8−1)πt] of x, y, w, h in [0, 1].
 * 2ʲt is reduced modulo 2 before the sine: at D 768 it reaches 2⁹⁵, and doubling is exact in binary.
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
