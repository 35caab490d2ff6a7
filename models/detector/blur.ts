/**
 * Gaussian blur of a width × height image, edges repeated outwards. `sigma` in pixels; 0 gives a copy. The kernel
 * reaches 3 sigma, so a pixel depends on nothing further away (regions rely on that for their margin).
 */
export function gaussianBlur(image: Float32Array, width: number, height: number, sigma: number): Float32Array {
  if (sigma <= 0) return image.slice()
  const radius = Math.ceil(3 * sigma)
  const kernel = new Float64Array(radius + 1)
  let sum = 0
  for (let k = 0; k <= radius; k++) {
    kernel[k] = Math.exp((-k * k) / (2 * sigma * sigma))
    sum += k ? 2 * kernel[k] : kernel[k]
  }
  for (let k = 0; k <= radius; k++) kernel[k] /= sum

  const out = new Float32Array(width * height)
  const line = new Float32Array(width + 2 * radius)
  for (let y = 0; y < height; y++) {
    const row = y * width
    line.fill(image[row], 0, radius)
    line.set(image.subarray(row, row + width), radius)
    line.fill(image[row + width - 1], radius + width)
    for (let x = 0; x < width; x++) {
      const c = x + radius
      let v = kernel[0] * line[c]
      for (let k = 1; k <= radius; k++) v += kernel[k] * (line[c - k] + line[c + k])
      out[row + x] = v
    }
  }
  // Down the columns row by row, so that memory is read in order.
  const result = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let k = -radius; k <= radius; k++) {
      const from = Math.min(Math.max(y + k, 0), height - 1) * width
      const weight = kernel[Math.abs(k)]
      for (let x = 0; x < width; x++) result[row + x] += weight * out[from + x]
    }
  }
  return result
}

/** Mean over a square of (2·radius + 1)² pixels, cut off at the image's edges; cost independent of the radius. */
export function boxMean(image: Float32Array, width: number, height: number, radius: number): Float32Array {
  const across = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = y * width
    let sum = 0
    for (let x = 0; x < Math.min(radius, width); x++) sum += image[row + x]
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += image[row + x + radius]
      if (x - radius - 1 >= 0) sum -= image[row + x - radius - 1]
      across[row + x] = sum / (Math.min(x + radius, width - 1) - Math.max(x - radius, 0) + 1)
    }
  }
  const result = new Float32Array(width * height)
  const sums = new Float64Array(width)
  for (let y = 0; y < Math.min(radius, height); y++) for (let x = 0; x < width; x++) sums[x] += across[y * width + x]
  for (let y = 0; y < height; y++) {
    const enters = y + radius < height ? (y + radius) * width : -1
    const leaves = y - radius - 1 >= 0 ? (y - radius - 1) * width : -1
    const rows = Math.min(y + radius, height - 1) - Math.max(y - radius, 0) + 1
    for (let x = 0; x < width; x++) {
      if (enters >= 0) sums[x] += across[enters + x]
      if (leaves >= 0) sums[x] -= across[leaves + x]
      result[y * width + x] = sums[x] / rows
    }
  }
  return result
}
