/** A picture of tissue with round or oval nuclei of given density, drawn in stain space. Centres and radii in µm. */
export interface PaintedNucleus {
  x: number
  y: number
  rx: number
  ry: number
  density?: number
}

const haematoxylin = [0.65, 0.704, 0.286]
const eosin = [0.072, 0.99, 0.105]

export function paint(widthUm: number, heightUm: number, mpp: number, nuclei: readonly PaintedNucleus[]) {
  const width = Math.round(widthUm / mpp)
  const height = Math.round(heightUm / mpp)
  const data = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let h = 0.05
      for (const n of nuclei) {
        const r = Math.hypot(((x + 0.5) * mpp - n.x) / n.rx, ((y + 0.5) * mpp - n.y) / n.ry)
        // Soft edge about half a µm wide, as optics give.
        const cover = Math.min(Math.max((1 - r) * Math.min(n.rx, n.ry) * 2 + 0.5, 0), 1)
        h = Math.max(h, cover * (n.density ?? 0.5))
      }
      const grain = 0.01 * Math.sin(x * 12.9898 + y * 78.233)
      for (let c = 0; c < 3; c++)
        data[3 * (y * width + x) + c] = Math.round(255 * 10 ** -(h * haematoxylin[c] + (0.15 + grain) * eosin[c]))
    }
  return { width, height, data }
}
