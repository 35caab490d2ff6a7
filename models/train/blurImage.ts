/** Gaussian blur of a square interleaved RGB image in place, edges repeated outwards. `sigma` in pixels, above 0. */
export function blurImage(rgb: Uint8Array, side: number, sigma: number): void {
  const radius = Math.ceil(3 * sigma)
  const kernel = Float32Array.from({ length: radius + 1 }, (_, k) => Math.exp((-k * k) / (2 * sigma * sigma)))
  const total = kernel.reduce((sum, weight, k) => sum + (k ? 2 * weight : weight), 0)
  for (let k = 0; k <= radius; k++) kernel[k] /= total
  const line = new Float32Array(side + 2 * radius)
  /** Blurs `side` bytes that lie `stride` apart. */
  const along = (from: number, stride: number) => {
    for (let i = 0; i < line.length; i++) line[i] = rgb[from + stride * Math.min(Math.max(i - radius, 0), side - 1)]
    for (let i = 0; i < side; i++) {
      let sum = kernel[0] * line[i + radius]
      for (let k = 1; k <= radius; k++) sum += kernel[k] * (line[i + radius - k] + line[i + radius + k])
      rgb[from + stride * i] = sum + 0.5
    }
  }
  for (let y = 0; y < side; y++) for (let c = 0; c < 3; c++) along(3 * y * side + c, 3)
  for (let x = 0; x < side; x++) for (let c = 0; c < 3; c++) along(3 * x + c, 3 * side)
}
