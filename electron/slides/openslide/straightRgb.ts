/**
 * Converts OpenSlide's premultiplied BGRA (little-endian ARGB words) to RGB on white. Areas without tiles become glass.
 */
export function straightRgb(bgra: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((bgra.length / 4) * 3)
  for (let from = 0, to = 0; from < bgra.length; from += 4, to += 3) {
    const paper = 255 - bgra[from + 3]
    rgb[to] = bgra[from + 2] + paper
    rgb[to + 1] = bgra[from + 1] + paper
    rgb[to + 2] = bgra[from] + paper
  }
  return rgb
}
