/** Mean optical densities of a picture's tissue (Ruifrok & Johnston's vectors), and of what neither stain explains. */
export interface StainSample {
  readonly haematoxylin: number
  readonly eosin: number
  /** Mean of the absolute values. */
  readonly residual: number
}

/** The stains that a model has seen in training. */
export interface StainSummary {
  /** haematoxylin, eosin and residual of each training tile. */
  readonly tiles: readonly (readonly [number, number, number])[]
}

/** Densities below this are noise, and their logarithm would count for too much. */
const floor = 0.01
/** Fewest tiles whose spread says what is usual. */
export const fewestTiles = 10

/**
 * Returns how far a slide's stain is from those of a model's training tiles: the distance to the nearest of them, over the
 * largest distance that a training tile has from its own nearest other one. Above 1 the stain is more unusual than any that
 * the model learned from. Distances are Euclidean in log densities, each in units of its standard deviation among the
 * tiles, because stains differ by factors. NaN with fewer than `fewestTiles` tiles.
 *
 * With the 100 training tiles of the built-in model (CoNSeP, BRCA-M2C, PUMA), tiles of the first two kept apart from training
 * measured up to 0.3, slides of CMU and TCGA 0.05 and 0.26, 665 tiles of human and mouse organs (NuInsSeg) up to 0.9, and the
 * darkest of three tiles of MoNuSAC 1.05.
 */
export function stainDistance(sample: StainSample, { tiles }: StainSummary): number {
  if (tiles.length < fewestTiles) return NaN
  const points = tiles.map(logged)
  const scale = [0, 1, 2].map((c) => deviation(points.map((point) => point[c])) || 1)
  const nearest = (point: readonly number[], but = -1) =>
    points.reduce((least, other, k) => {
      if (k === but) return least
      return Math.min(least, Math.hypot(...scale.map((s, c) => (point[c] - other[c]) / s)))
    }, Infinity)
  const widest = points.reduce((most, point, k) => Math.max(most, nearest(point, k)), 0)
  return nearest(logged([sample.haematoxylin, sample.eosin, sample.residual])) / widest
}

const logged = (tile: readonly number[]): number[] => tile.map((v) => Math.log(Math.max(v, floor)))

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)
}
