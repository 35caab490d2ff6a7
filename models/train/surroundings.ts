/** Radii over which the features of other nuclei are averaged, µm: the next neighbours, and the tissue around them. */
const radii = [12, 25] as const

/** Number of numbers that tell of a nucleus and its surroundings if a nucleus has so many features. */
export const surroundingsWidth = (features: number): number => (1 + radii.length) * features

/**
 * Returns each nucleus's own features, followed by the means of the other nuclei's, weighted by a Gaussian of the
 * distance between centres with σ = 12 and then 25 µm. A nucleus that is alone has zeros there, the mean of
 * standardised features. What is beyond the crop is not known and not counted.
 * @param features [n, width], standardised
 * @param boxes xmin, ymin, xmax, ymax per nucleus, pixels
 * @param mpp µm per pixel of the boxes. An augmented crop is shown larger or smaller than it is; its radii are then those
 * that it seems to have, as the network sees it.
 * @returns [n, surroundingsWidth(width)]
 */
export function surroundings(features: Float32Array, boxes: Float32Array, mpp: number): Float32Array {
  const count = boxes.length / 4
  const width = count === 0 ? 0 : features.length / count
  const all = new Float32Array(count * surroundingsWidth(width))
  const centre = (i: number, axis: 0 | 1) => ((boxes[4 * i + axis] + boxes[4 * i + axis + 2]) / 2) * mpp
  const x = Float64Array.from({ length: count }, (_, i) => centre(i, 0))
  const y = Float64Array.from({ length: count }, (_, i) => centre(i, 1))
  for (let i = 0; i < count; i++) {
    const row = all.subarray(i * surroundingsWidth(width), (i + 1) * surroundingsWidth(width))
    row.set(features.subarray(i * width, (i + 1) * width))
    for (const [k, radius] of radii.entries()) {
      const mean = row.subarray((1 + k) * width, (2 + k) * width)
      let weights = 0
      for (let j = 0; j < count; j++) {
        const square = ((x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2) / radius ** 2
        if (j === i || square > 9) continue // beyond 3 σ
        const weight = Math.exp(-square / 2)
        weights += weight
        for (let c = 0; c < width; c++) mean[c] += weight * features[j * width + c]
      }
      if (weights > 0) for (let c = 0; c < width; c++) mean[c] /= weights
    }
  }
  return all
}
