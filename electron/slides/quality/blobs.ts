/**
 * Returns the diameters of the dark blobs in a picture of haematoxylin amounts, in pixels: of circles of equal area.
 * Blobs are found by Otsu's threshold. Those that touch the border are left out.
 */
export function blobDiameters(amounts: Float32Array, width: number, height: number): number[] {
  const threshold = otsu(amounts)
  const seen = new Uint8Array(amounts.length)
  const diameters: number[] = []
  const stack: number[] = []
  for (let start = 0; start < amounts.length; start++) {
    if (seen[start] || amounts[start] < threshold) continue
    let area = 0
    let touchesBorder = false
    stack.push(start)
    seen[start] = 1
    while (stack.length > 0) {
      const at = stack.pop() ?? 0
      area++
      const x = at % width
      const y = (at - x) / width
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) touchesBorder = true
      for (const [next, isInside] of [
        [at - 1, x > 0],
        [at + 1, x < width - 1],
        [at - width, y > 0],
        [at + width, y < height - 1],
      ] as const)
        if (isInside && !seen[next] && amounts[next] >= threshold) {
          seen[next] = 1
          stack.push(next)
        }
    }
    if (!touchesBorder) diameters.push(2 * Math.sqrt(area / Math.PI))
  }
  return diameters
}

/**
 * Returns the diameter at which smaller blobs make up half of the total area, so that specks have little weight; NaN if
 * there are no blobs.
 */
export function medianByArea(diameters: readonly number[]): number {
  const sorted = [...diameters].sort((a, b) => a - b)
  const half = sorted.reduce((sum, d) => sum + d * d, 0) / 2
  let below = 0
  for (const diameter of sorted) if ((below += diameter * diameter) >= half) return diameter
  return NaN
}

/** Returns Otsu's threshold (1979), which splits the values into the two most different groups. */
function otsu(values: Float32Array): number {
  const bins = new Float64Array(256)
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1
  const binOf = (value: number) => Math.min(Math.max(Math.floor((value / most) * bins.length), 0), bins.length - 1)
  for (const value of values) bins[binOf(value)]++
  const total = bins.reduce((sum, n, i) => sum + n * i, 0)
  let [count, sum, best, threshold] = [0, 0, -1, 0]
  for (let i = 0; i < bins.length; i++) {
    count += bins[i]
    sum += i * bins[i]
    const rest = values.length - count
    if (count === 0 || rest === 0) continue
    const between = count * rest * (sum / count - (total - sum) / rest) ** 2
    if (between > best) [best, threshold] = [between, i + 1]
  }
  return (threshold / bins.length) * most
}
