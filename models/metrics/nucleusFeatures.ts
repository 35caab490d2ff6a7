/** Hand-made features of one nucleus: colour, size and shape, of the kind that QuPath and HistomicsTK classify by. */
export const featureNames = [
  'mean red',
  'mean green',
  'mean blue',
  'sd red',
  'sd green',
  'sd blue',
  'mean optical density',
  'redness',
  'blueness',
  'area',
  'log area',
  'width',
  'height',
  'elongation',
  'eccentricity',
  'compactness',
  'extent',
] as const

/**
 * @param rgb interleaved pixels of the whole image, `width` per row
 * @param inside whether pixel (x, y) belongs to the nucleus
 * @param box xmin, ymin, xmax, ymax, pixels
 */
export function nucleusFeatures(
  rgb: Uint8Array,
  width: number,
  inside: (x: number, y: number) => boolean,
  box: ArrayLike<number>,
): number[] {
  const sum = [0, 0, 0]
  const squares = [0, 0, 0]
  let [area, edge, mx, my, mxx, myy, mxy] = [0, 0, 0, 0, 0, 0, 0]
  for (let y = Math.floor(box[1]); y < Math.ceil(box[3]); y++)
    for (let x = Math.floor(box[0]); x < Math.ceil(box[2]); x++) {
      if (!inside(x, y)) continue
      area++
      if (!inside(x - 1, y) || !inside(x + 1, y) || !inside(x, y - 1) || !inside(x, y + 1)) edge++
      for (let c = 0; c < 3; c++) {
        const v = rgb[3 * (y * width + x) + c]
        sum[c] += v
        squares[c] += v * v
      }
      mx += x
      my += y
      mxx += x * x
      myy += y * y
      mxy += x * y
    }
  const n = Math.max(1, area)
  const mean = sum.map((s) => s / n)
  const sd = squares.map((s, c) => Math.sqrt(Math.max(0, s / n - mean[c] ** 2)))
  const od = mean.map((m) => -Math.log((m + 1) / 256))
  const density = (od[0] + od[1] + od[2]) / 3
  const [vx, vy, vxy] = [mxx / n - (mx / n) ** 2, myy / n - (my / n) ** 2, mxy / n - (mx * my) / n ** 2]
  const root = Math.sqrt(((vx - vy) / 2) ** 2 + vxy ** 2)
  const [major, minor] = [(vx + vy) / 2 + root, Math.max(0, (vx + vy) / 2 - root)]
  const [w, h] = [box[2] - box[0], box[3] - box[1]]
  return [
    ...mean,
    ...sd,
    density,
    od[0] / (density + 1e-6),
    od[2] / (density + 1e-6),
    area,
    Math.log(n),
    w,
    h,
    Math.max(w, h) / Math.max(1, Math.min(w, h)),
    Math.sqrt(1 - minor / Math.max(major, 1e-6)),
    edge ** 2 / n,
    area / Math.max(1, w * h),
  ]
}
