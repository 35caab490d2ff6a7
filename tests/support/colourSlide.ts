import { join } from 'node:path'
import sharp from 'sharp'
import { type Nuclei } from '../../electron/contract/index.ts'
import { random } from '../../models/nn/random.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

/** A picture of squares on white, 300 × 200 px, purple or red by turns, with their outlines and true classes 0 and 1. */
export async function writeColourSlide(folder: string): Promise<{ slide: string; nuclei: Nuclei; truth: Uint16Array }> {
  const [width, height] = [300, 200]
  const rgb = Buffer.alloc(width * height * 3, 235)
  const rng = random(3)
  const outlines: number[][] = []
  const truth: number[] = []
  for (let y = 10; y + 26 < height; y += 30)
    for (let x = 10; x + 26 < width; x += 30) {
      const label = rng.below(2)
      for (let v = y; v < y + 24; v++)
        for (let u = x; u < x + 24; u++) rgb.set(label ? [200, 60, 110] : [90, 40, 140], 3 * (v * width + u))
      outlines.push([x, y, x + 24, y, x + 24, y + 24, x, y + 24])
      truth.push(label)
    }
  const slide = join(folder, 'colours.png')
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(slide)
  return { slide, nuclei: nucleiFromOutlines(outlines, 'imported'), truth: Uint16Array.from(truth) }
}
