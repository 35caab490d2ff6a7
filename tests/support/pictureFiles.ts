import type { RgbImage } from '../../electron/contract/index.ts'
import { encodeJpeg2000 } from './encodeJpeg2000.ts'

/** A BMP file of 24 bits, its rows from the bottom, with a density in pixels per metre. */
export function writeBmp({ width, height, data }: RgbImage, perMetre = 0): Buffer {
  const rowBytes = Math.ceil((width * 3) / 4) * 4
  const bytes = Buffer.alloc(54 + rowBytes * height)
  bytes.write('BM', 'latin1')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  bytes.writeUInt32LE(perMetre, 38)
  bytes.writeUInt32LE(perMetre, 42)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        bytes[54 + (height - 1 - y) * rowBytes + 3 * x + 2 - c] = data[3 * (y * width + x) + c]
  return bytes
}

/** A BMP file of 256 colours packed in runs (RLE8). The index of a pixel is its grey. */
export function writeRunLengthBmp(width: number, height: number, indexAt: (x: number, y: number) => number): Buffer {
  const packed: number[] = []
  for (let y = height - 1; y >= 0; y--) {
    for (let x = 0; x < width;) {
      let run = 1
      while (run < 255 && x + run < width && indexAt(x + run, y) === indexAt(x, y)) run++
      packed.push(run, indexAt(x, y))
      x += run
    }
    packed.push(0, 0)
  }
  packed.push(0, 1)
  const head = Buffer.alloc(54 + 1024)
  head.write('BM', 'latin1')
  head.writeUInt32LE(head.length, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(8, 28)
  head.writeUInt32LE(1, 30)
  for (let i = 0; i < 256; i++) head.fill(i, 54 + 4 * i, 54 + 4 * i + 3)
  return Buffer.concat([head, Buffer.from(packed)])
}

const box = (type: string, ...content: Uint8Array[]): Buffer => {
  const body = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length, 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

/** A JP2 file, reversible, with a capture resolution in pixels per metre. */
export async function writeJp2(image: RgbImage, perMetre: number): Promise<Buffer> {
  const resolution = Buffer.alloc(10)
  for (const at of [0, 4]) {
    resolution.writeUInt16BE(perMetre / 1000, at)
    resolution.writeUInt16BE(1, at + 2)
  }
  resolution.fill(3, 8)
  const size = Buffer.alloc(14)
  size.writeUInt32BE(image.height, 0)
  size.writeUInt32BE(image.width, 4)
  size.writeUInt16BE(3, 8)
  size[10] = 7
  size[11] = 7
  return Buffer.concat([
    box('jP  ', Buffer.from('0d0a870a', 'hex')),
    box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ', 'latin1')),
    box(
      'jp2h',
      box('ihdr', size),
      box('colr', Buffer.from([1, 0, 0, 0, 0, 0, 16])),
      box('res ', box('resc', resolution)),
    ),
    box('jp2c', await encodeJpeg2000(image)),
  ])
}
