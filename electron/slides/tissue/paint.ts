import type { TissueArea } from '../../contract/index.ts'
import type { TissuePicture } from './find.ts'

/**
 * Applies a user's area to the picture: pixels whose centre is inside it (even–odd rule) become tissue or no tissue.
 */
export function applyArea(picture: TissuePicture, { kind, outline: polygon }: TissueArea): TissuePicture {
  const { width, height, scale } = picture
  const mask = picture.mask.slice()
  for (let row = 0; row < height; row++) {
    const y = (row + 0.5) * scale[1]
    const crossings: number[] = []
    for (let v = 0, u = polygon.length - 2; v < polygon.length; u = v, v += 2) {
      const [ax, ay, bx, by] = [polygon[u], polygon[u + 1], polygon[v], polygon[v + 1]]
      if (ay > y !== by > y) crossings.push((ax + ((y - ay) * (bx - ax)) / (by - ay)) / scale[0] - 0.5)
    }
    crossings.sort((a, b) => a - b)
    const column = (x: number) => Math.min(width, Math.max(0, Math.ceil(x)))
    for (let k = 0; k + 1 < crossings.length; k += 2)
      mask.fill(kind === 'added' ? 1 : 0, row * width + column(crossings[k]), row * width + column(crossings[k + 1]))
  }
  return { ...picture, mask }
}
