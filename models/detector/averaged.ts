/** An interleaved RGB image made smaller by averaging blocks of `by` × `by` pixels; what does not fill a block is left out. */
export function averaged(
  image: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  by: number,
): { width: number; height: number; data: Uint8Array } {
  if (by === 1) return { width: image.width, height: image.height, data: image.data }
  const width = Math.floor(image.width / by)
  const height = Math.floor(image.height / by)
  const data = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (let v = 0; v < by; v++)
          for (let u = 0; u < by; u++) sum += image.data[3 * ((y * by + v) * image.width + x * by + u) + c]
        data[3 * (y * width + x) + c] = Math.round(sum / (by * by))
      }
  return { width, height, data }
}
