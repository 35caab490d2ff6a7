import sharp from 'sharp'
import { averaged } from '../../models/detector/averaged.ts'
import { dataFolder } from '../support/data.ts'

/** A labelled tile at a working resolution; true centres in its pixels. */
export interface LabelledTile {
  readonly name: string
  readonly rgb: Uint8Array
  readonly width: number
  readonly height: number
  readonly mpp: number
  readonly labels: Int32Array
  readonly centres: Float64Array
}

/** µm per pixel of CoNSeP's tiles (coco.json). */
const tileMpp = 0.25

export const validationTiles = [3, 8, 19, 23, 26]
export const trainingTiles = Array.from({ length: 27 }, (_, i) => i + 1).filter((i) => !validationTiles.includes(i))

/** CoNSeP's tile n, made smaller by whole-number averaging: 1 = 40×, 2 = 20×. */
export async function consepTile(n: number, shrink: number): Promise<LabelledTile> {
  const name = `train_${n}.png`
  const folder = dataFolder('consep/train')
  const picture = await sharp(`${folder}/images/${name}`).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const map = await sharp(`${folder}/labels/${name}`).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer()
  const { width, height } = picture.info
  const full = new Uint16Array(map.buffer, map.byteOffset, width * height)
  const small = averaged({ width, height, data: picture.data }, shrink)

  const sums = new Map<number, [number, number, number]>()
  for (let p = 0; p < full.length; p++) {
    if (!full[p]) continue
    const [x, y, count] = sums.get(full[p]) ?? [0, 0, 0]
    sums.set(full[p], [x + (p % width) + 0.5, y + Math.floor(p / width) + 0.5, count + 1])
  }
  const centres = Float64Array.from([...sums.values()].flatMap(([x, y, c]) => [x / c / shrink, y / c / shrink]))
  const labels = new Int32Array(small.width * small.height)
  const middle = Math.floor(shrink / 2)
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++)
      labels[y * small.width + x] = full[(y * shrink + middle) * width + x * shrink + middle]
  return { name, rgb: small.data, width: small.width, height: small.height, mpp: tileMpp * shrink, labels, centres }
}
