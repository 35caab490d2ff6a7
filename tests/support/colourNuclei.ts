import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { random } from '../../models/nn/random.ts'
import type { LabelledImage } from '../../electron/engine/crops/cropSampler.ts'

/** A network small enough for unit tests: 16 patches, width 16. */
export const smallConfig: NucleusVitConfig = {
  width: 16,
  layers: 2,
  heads: 2,
  imageSize: 64,
  patchSize: 16,
  positions: 'published',
  roiFeatures: 'after-positions',
}

const colours = [
  [90, 40, 140],
  [200, 60, 110],
]

/** Pictures with squares for nuclei, whose colour is their class: what any sound classifier learns at once. */
export function colourNuclei(count: number, seed = 1): LabelledImage[] {
  const rng = random(seed)
  const side = 96
  return Array.from({ length: count }, () => {
    const rgb = new Uint8Array(side * side * 3).fill(235)
    const boxes: number[] = []
    const labels: number[] = []
    for (const [cx, cy] of [
      [20, 20],
      [70, 24],
      [24, 70],
      [72, 72],
      [46, 46],
    ]) {
      const label = rng.below(colours.length)
      const half = 5 + rng.below(4)
      for (let y = cy - half; y < cy + half; y++)
        for (let x = cx - half; x < cx + half; x++) rgb.set(colours[label], 3 * (y * side + x))
      boxes.push(cx - half, cy - half, cx + half, cy + half)
      labels.push(label)
    }
    return { width: side, height: side, rgb, boxes: Float32Array.from(boxes), labels: Int16Array.from(labels) }
  })
}
