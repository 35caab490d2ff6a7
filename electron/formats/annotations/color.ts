/** '#e69f00' → [230, 159, 0]. */
export const rgbOf = (color: string): [number, number, number] => {
  const n = Number.parseInt(color.slice(1), 16)
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255]
}

/** Red, green, blue 0…255 → '#rrggbb'. */
export const hexOf = (r: number, g: number, b: number): string =>
  '#' + (((r & 255) << 16) | ((g & 255) << 8) | (b & 255)).toString(16).padStart(6, '0')
