import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of a .npy header, version 1 (or 2), for `shape` elements of `type`. */
export function npyHeaderBytes(
  type: string,
  shape: readonly number[],
  options: { fortran?: boolean; version?: 1 | 2 } = {},
) {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const dict = `{'descr': '${type}', 'fortran_order': ${options.fortran ? 'True' : 'False'}, 'shape': (${tuple}), }`
  const fixed = options.version === 2 ? 12 : 10
  const text = dict + ' '.repeat(63 - ((fixed + dict.length) % 64)) + '\n'
  const head = Buffer.alloc(fixed)
  head.write('\x93NUMPY', 'latin1')
  head[6] = options.version ?? 1
  if (options.version === 2) head.writeUInt32LE(text.length, 8)
  else head.writeUInt16LE(text.length, 8)
  return Buffer.concat([head, Buffer.from(text, 'latin1')])
}

const side = 256
/** Class colours: what a network can learn at once. */
const colours = [
  [90, 40, 140],
  [200, 60, 110],
  [40, 110, 160],
  [60, 60, 60],
  [150, 90, 60],
]

/** Where the nuclei of a fixture picture lie: nine squares of 20 px, classes by turns. */
export const fixtureNuclei = (picture: number): { x: number; y: number; channel: number; instance: number }[] =>
  Array.from({ length: 9 }, (_, i) => ({
    x: 20 + 80 * (i % 3) + (picture % 7),
    y: 20 + 80 * Math.floor(i / 3) + (picture % 5),
    channel: (picture + i) % 5,
    instance: i + 1,
  }))

export interface FoldOptions {
  readonly pictures: number
  readonly fold?: number
  /** As distributed ("Fold 1/images/fold1/images.npy"), or images.npy and masks.npy in one folder. */
  readonly form?: 'distributed' | 'flat'
  /** Pictures that the masks are of, where that is to differ. */
  readonly masks?: number
  readonly fortran?: boolean
}

/**
 * Writes a fold of PanNuke's form: images.npy [n, 256, 256, 3] and masks.npy [n, 256, 256, 6] in float64, types.npy in
 * <U13; picture by picture, so that a fold of full size (2,656 pictures, 12 GB) can be made too. The left half of
 * nucleus 1 is also instance 10 in the channel of nucleus 9: two nuclei on the same pixels. Returns what to open.
 */
export function writePanNukeFold(folder: string, options: FoldOptions): string {
  const { pictures, fold = 1, form = 'distributed', masks = pictures, fortran } = options
  const root = form === 'flat' ? folder : join(folder, `Fold ${fold}`)
  const [images, labels] =
    form === 'flat' ? [root, root] : [join(root, 'images', `fold${fold}`), join(root, 'masks', `fold${fold}`)]
  mkdirSync(images, { recursive: true })
  mkdirSync(labels, { recursive: true })
  stack(join(images, 'images.npy'), pictures, 3, fortran, (picture, pixels) => {
    pixels.fill(235)
    for (const { x, y, channel } of fixtureNuclei(picture))
      for (let v = y; v < y + 20; v++) for (let u = x; u < x + 20; u++) pixels.set(colours[channel], 3 * (v * side + u))
  })
  stack(join(labels, 'masks.npy'), masks, 6, false, (picture, pixels) => {
    pixels.fill(0)
    for (let p = 5; p < pixels.length; p += 6) pixels[p] = 1
    for (const { x, y, channel, instance } of fixtureNuclei(picture))
      for (let v = y; v < y + 20; v++)
        for (let u = x; u < x + 20; u++) {
          pixels[6 * (v * side + u) + channel] = instance
          pixels[6 * (v * side + u) + 5] = 0
        }
    const [first] = fixtureNuclei(picture)
    const last = fixtureNuclei(picture)[8]
    for (let v = first.y; v < first.y + 20; v++)
      for (let u = first.x; u < first.x + 10; u++) pixels[6 * (v * side + u) + last.channel] = 10
  })
  const types = openSync(join(images, 'types.npy'), 'w')
  const name = Buffer.alloc(4 * 13)
  ;[...'Colon'].forEach((letter, i) => name.writeUInt32LE(letter.codePointAt(0)!, 4 * i))
  writeSync(types, npyHeaderBytes('<U13', [pictures]))
  for (let i = 0; i < pictures; i++) writeSync(types, name)
  closeSync(types)
  return root
}

function stack(
  path: string,
  count: number,
  channels: number,
  fortran: boolean | undefined,
  paint: (picture: number, pixels: Float64Array) => void,
): void {
  const file = openSync(path, 'w')
  writeSync(file, npyHeaderBytes('<f8', [count, side, side, channels], { fortran }))
  const pixels = new Float64Array(side * side * channels)
  for (let k = 0; k < count; k++) {
    paint(k, pixels)
    writeSync(file, Buffer.from(pixels.buffer))
  }
  closeSync(file)
}
