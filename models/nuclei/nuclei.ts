/**
 * Nuclei as columns: the same layout in detector, store, engine and overlay. Coordinates are float32 relative to
 * `origin` (level-0 pixels), because absolute positions on a large slide exceed float32's precision; origin itself is
 * float64.
 */
export interface Nuclei {
  readonly count: number
  /** [x, y] of the origin, level-0 pixels. */
  readonly origin: Float64Array
  /** Stable within a project; 0 = not yet numbered. Length count. */
  readonly id: Uint32Array
  /** xmin, ymin, xmax, ymax of each nucleus relative to origin. Length 4·count. */
  readonly box: Float32Array
  /** Outline of nucleus i = points outlineStart[i] … outlineStart[i+1]−1, not repeated at the end. Length count+1. */
  readonly outlineStart: Uint32Array
  /** x, y per point relative to origin. Length 2·outlineStart[count]. */
  readonly outline: Float32Array
  /** Index into nucleusSources. Length count. */
  readonly source: Uint8Array
}

/**
 * Returns x and y of where nucleus i of a slide counts, level-0 px: the middle of its box, or where that lies beside the
 * slide, the middle of the nearest pixel. A nucleus that the slide's edge cuts counts on the slide, so a place that holds
 * all of the slide must hold it too.
 */
export function middlesOnSlide(
  { box, origin }: Pick<Nuclei, 'box' | 'origin'>,
  { width, height }: { readonly width: number; readonly height: number },
): { x(i: number): number; y(i: number): number } {
  const within = (at: number, size: number) => (at < 0 ? 0.5 : at >= size ? size - 0.5 : at)
  return {
    x: (i) => within((box[4 * i] + box[4 * i + 2]) / 2 + origin[0], width),
    y: (i) => within((box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1], height),
  }
}

/** Where an outline comes from. Append only: the index is stored. */
export const nucleusSources = ['detected', 'imported', 'drawn'] as const
export type NucleusSource = (typeof nucleusSources)[number]

/** Makes nuclei from outlines in level-0 pixels (flat x, y). Boxes are the outlines' bounds. */
export function nucleiFromOutlines(
  outlines: readonly ArrayLike<number>[],
  source: NucleusSource,
  ids?: Uint32Array,
): Nuclei {
  const count = outlines.length
  let points = 0
  let originX = Infinity
  let originY = Infinity
  for (const o of outlines) {
    points += o.length / 2
    for (let k = 0; k < o.length; k += 2) {
      originX = Math.min(originX, o[k])
      originY = Math.min(originY, o[k + 1])
    }
  }
  if (count === 0) originX = originY = 0
  originX = Math.floor(originX)
  originY = Math.floor(originY)
  const box = new Float32Array(4 * count)
  const outlineStart = new Uint32Array(count + 1)
  const outline = new Float32Array(2 * points)
  let at = 0
  outlines.forEach((o, i) => {
    let xmin = Infinity
    let ymin = Infinity
    let xmax = -Infinity
    let ymax = -Infinity
    for (let k = 0; k < o.length; k += 2) {
      const x = o[k] - originX
      const y = o[k + 1] - originY
      outline[2 * at] = x
      outline[2 * at + 1] = y
      at++
      xmin = Math.min(xmin, x)
      ymin = Math.min(ymin, y)
      xmax = Math.max(xmax, x)
      ymax = Math.max(ymax, y)
    }
    box.set([xmin, ymin, xmax, ymax], 4 * i)
    outlineStart[i + 1] = at
  })
  return {
    count,
    origin: Float64Array.of(originX, originY),
    id: ids ?? new Uint32Array(count),
    box,
    outlineStart,
    outline,
    source: new Uint8Array(count).fill(nucleusSources.indexOf(source)),
  }
}

/** Returns the outline of nucleus i as flat x, y in level-0 pixels. */
export function outlineOf(n: Nuclei, i: number): Float64Array {
  const points = n.outline.subarray(2 * n.outlineStart[i], 2 * n.outlineStart[i + 1])
  return Float64Array.from(points, (v, k) => v + n.origin[k & 1])
}

/** Returns the box of nucleus i: [xmin, ymin, xmax, ymax], level-0 pixels. */
export function boxOf(n: Pick<Nuclei, 'origin' | 'box'>, i: number): [number, number, number, number] {
  const [x, y] = n.origin
  return [n.box[4 * i] + x, n.box[4 * i + 1] + y, n.box[4 * i + 2] + x, n.box[4 * i + 3] + y]
}
