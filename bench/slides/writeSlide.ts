import { open } from 'node:fs/promises'
import { tileSide } from './tiles.ts'

/** A tag with its values: SHORT (3), ASCII (2) or LONG8 (16). */
type Field = readonly [tag: number, type: 2 | 3 | 16, values: readonly number[] | string]

export interface BenchSlide {
  readonly columns: number
  readonly rows: number
  /** TIFF's number for the compression; `photometric` is its number for the colour space. */
  readonly compression: number
  readonly photometric: number
  /** Encoded tiles, used in turn for all places. */
  readonly blocks: readonly Buffer[]
  /** Downsample of each level, starting with 1. Default: [1]. */
  readonly downsamples?: readonly number[]
  /** Writes each block once, however often it is used, so that a slide of any size fits into a megabyte. */
  readonly isShared?: boolean
}

/**
 * Writes an Aperio BigTIFF, a format that both Karyon and OpenSlide read. The directories follow the tiles, as in
 * scanners' files. Returns the size in bytes.
 */
export async function writeSlide(path: string, slide: BenchSlide): Promise<number> {
  const { columns, rows, compression, photometric, blocks, downsamples = [1], isShared = false } = slide
  const file = await open(path, 'wx')
  let end = 16
  const append = async (bytes: Buffer): Promise<number> => {
    await file.write(bytes, 0, bytes.length, end)
    end += bytes.length
    return end - bytes.length
  }
  try {
    const shared: number[] = []
    if (isShared) for (const block of blocks) shared.push(await append(block))
    const levels: Field[][] = []
    for (const downsample of downsamples) {
      const [width, height] = [columns, rows].map((tiles) => Math.round((tiles * tileSide) / downsample))
      const across = Math.ceil(width / tileSide)
      const offsets: number[] = []
      const lengths: number[] = []
      for (let row = 0; row < Math.ceil(height / tileSide); row++) {
        const line = Array.from({ length: across }, (_, x) => (row * 7 + x) % blocks.length)
        let at = isShared ? 0 : await append(Buffer.concat(line.map((k) => blocks[k])))
        for (const k of line) {
          offsets.push(isShared ? shared[k] : at)
          lengths.push(blocks[k].length)
          at += blocks[k].length
        }
      }
      levels.push([
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
    }
    const header = Buffer.alloc(16)
    header.write('II+\0\x08\0\0\0', 'latin1')
    header.writeBigUInt64LE(BigInt(end), 8)
    for (const [k, level] of levels.entries()) await append(directoryAt(end, level, k === levels.length - 1))
    await file.write(header, 0, header.length, 0)
    return end
  } finally {
    await file.close()
  }
}

/**
 * Returns the bytes, at file offset `at`, of a BigTIFF directory and its external values. The next directory follows.
 */
function directoryAt(at: number, fields: readonly Field[], isLast: boolean): Buffer {
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
  if (!isLast) body.writeBigUInt64LE(BigInt(end), body.length - 8)
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
