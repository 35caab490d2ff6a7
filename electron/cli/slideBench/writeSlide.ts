import { open } from 'node:fs/promises'
import { tileSide } from './tiles.ts'

/** A tag's values: SHORT (3), ASCII (2) or LONG8 (16). */
type Field = readonly [tag: number, type: 2 | 3 | 16, values: readonly number[] | string]

export interface BenchSlide {
  readonly columns: number
  readonly rows: number
  /** TIFF numbers. */
  readonly compression: number
  readonly photometric: number
  /** Blocks, used in turn over all places. */
  readonly blocks: readonly Buffer[]
}

/**
 * Writes a one-level Aperio BigTIFF, the layout that Karyon and OpenSlide both read. The directory stands behind the
 * tiles, as scanners leave it. Returns its size in bytes.
 */
export async function writeSlide(path: string, slide: BenchSlide): Promise<number> {
  const { columns, rows, compression, photometric, blocks } = slide
  const [width, height] = [columns * tileSide, rows * tileSide]
  const file = await open(path, 'wx')
  try {
    const offsets: number[] = []
    const lengths: number[] = []
    let end = 16
    for (let row = 0; row < rows; row++) {
      const line = Array.from({ length: columns }, (_, x) => blocks[(row * 7 + x) % blocks.length])
      for (const block of line) {
        offsets.push(end)
        lengths.push(block.length)
        end += block.length
      }
      const bytes = Buffer.concat(line)
      await file.write(bytes, 0, bytes.length, end - bytes.length)
    }
    const directory = directoryAt(end, [
      [256, 16, [width]],
      [257, 16, [height]],
      [258, 3, [8, 8, 8]],
      [259, 3, [compression]],
      [262, 3, [photometric]],
      [270, 2, `Aperio Image Library, written by karyon bench\n${width}x${height}|AppMag = 20|MPP = 0.5\0`],
      [277, 3, [3]],
      [284, 3, [1]],
      [322, 3, [tileSide]],
      [323, 3, [tileSide]],
      [324, 16, offsets],
      [325, 16, lengths],
      ...(photometric === 6 ? [[530, 3, [2, 2]] as const] : []),
    ])
    await file.write(directory, 0, directory.length, end)
    const header = Buffer.alloc(16)
    header.write('II+\0\x08\0\0\0', 'latin1')
    header.writeBigUInt64LE(BigInt(end), 8)
    await file.write(header, 0, header.length, 0)
    return end + directory.length
  } finally {
    await file.close()
  }
}

/** A BigTIFF directory and the values that do not fit into it, as they stand from `at` on. */
function directoryAt(at: number, fields: readonly Field[]): Buffer {
  const body = Buffer.alloc(8 + 20 * fields.length + 8)
  const beyond: Buffer[] = []
  let end = at + body.length
  body.writeBigUInt64LE(BigInt(fields.length), 0)
  fields.forEach(([tag, type, values], i) => {
    const bytes = bytesOf(type, values)
    const entry = 8 + 20 * i
    body.writeUInt16LE(tag, entry)
    body.writeUInt16LE(type, entry + 2)
    body.writeBigUInt64LE(BigInt(values.length), entry + 4)
    if (bytes.length <= 8) bytes.copy(body, entry + 12)
    else {
      body.writeBigUInt64LE(BigInt(end), entry + 12)
      beyond.push(bytes)
      end += bytes.length
    }
  })
  return Buffer.concat([body, ...beyond])
}

function bytesOf(type: 2 | 3 | 16, values: readonly number[] | string): Buffer {
  if (typeof values === 'string') return Buffer.from(values, 'latin1')
  const bytes = Buffer.alloc(values.length * (type === 3 ? 2 : 8))
  values.forEach((value, i) =>
    type === 3 ? bytes.writeUInt16LE(value, 2 * i) : bytes.writeBigUInt64LE(BigInt(value), 8 * i),
  )
  return bytes
}
