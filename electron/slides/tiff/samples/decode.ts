import type { RgbImage } from '../../../contract/index.ts'
import { samplesToRgb, type Samples } from './colours.ts'
import { byteLength, type SampleBlock, type SampleJob, type SampleLayout } from './layout.ts'
import { reverseBits, unpack } from './unpack.ts'

/** Decodes blocks of samples to one RGB image. Returns in words what is damaged. */
export function decodeSamples({ layout, blocks, width, rows }: SampleJob): RgbImage | { readonly error: string } {
  const height = blocks.reduce((sum, block) => sum + Math.min(block.rows, rows), 0)
  const data = new Uint8Array(width * height * 3)
  let at = 0
  for (const block of blocks) {
    const wanted = Math.min(block.rows, rows)
    const part = data.subarray(at, at + wanted * width * 3)
    at += part.length
    const samples = samplesOf(layout, block)
    if (samples === null) part.fill(255)
    else if ('error' in samples) return samples
    else samplesToRgb(samples, layout, width, wanted, part)
  }
  return { width, height, data }
}

/** Returns the largest sample of some blocks. Damaged blocks are left out: reading them reports why. */
export function largestSample({ layout, blocks }: Pick<SampleJob, 'layout' | 'blocks'>): number {
  const { samples, colours } = layout
  let largest = 0
  for (const block of blocks) {
    const values = samplesOf(layout, block)
    if (values === null || 'error' in values) continue
    for (let i = 0; i < values.length; i++)
      if (values[i] > largest && (colours.alpha === null || i % samples !== colours.alpha.at)) largest = values[i]
  }
  return largest
}

/** Returns the interleaved samples of a block, full rows of the layout's width; null if it is left out. */
function samplesOf(layout: SampleLayout, block: SampleBlock): Samples | null | { readonly error: string } {
  if (!layout.isPlanar)
    return block.planes[0] === null ? null : planeOf(layout, layout.samples, block.rows, block.planes[0])
  const planes = block.planes.map((bytes) => (bytes === null ? null : planeOf(layout, 1, block.rows, bytes)))
  if (planes.every((plane) => plane === null)) return null
  const pixels = layout.width * block.rows
  const joined = layout.bits > 8 ? new Uint16Array(pixels * layout.samples) : new Uint8Array(pixels * layout.samples)
  for (const [s, plane] of planes.entries()) {
    if (plane !== null && 'error' in plane) return plane
    for (let i = 0, to = s; i < pixels; i++, to += layout.samples)
      joined[to] = plane === null ? layout.colours.white : plane[i]
  }
  return joined
}

/** Unpacks one block, undoes its predictor and returns its samples as numbers. */
function planeOf(
  layout: SampleLayout,
  samples: number,
  rows: number,
  packed: Uint8Array,
): Samples | { readonly error: string } {
  const { width, bits, compression, predictor, isLittleEndian } = layout
  const length = byteLength(layout, samples, rows)
  let bytes: Uint8Array
  try {
    bytes = unpack(layout.isBitReversed ? reverseBits(packed) : packed, compression, length)
  } catch (error) {
    return { error: (error as Error).message }
  }
  if (bytes.length < length) return { error: `it has ${bytes.length} bytes of ${length}` }
  const perRow = width * samples
  const isSubsampled = layout.subsampling.some((step) => step > 1)
  if (predictor !== 1 && (predictor !== 2 || bits % 8 !== 0 || isSubsampled))
    return { error: `predictor ${predictor} is not known for ${bits} bits` }
  if (bits === 16) {
    const values = words(bytes, isLittleEndian)
    if (predictor === 2) addUp(values, perRow, samples)
    return values
  }
  if (bits === 8) {
    if (predictor === 1) return bytes
    const values = bytes.slice()
    addUp(values, perRow, samples)
    return values
  }
  return unpackSamples(bytes, bits, perRow, rows)
}

/** Undoes horizontal differencing (TIFF 6.0 section 14), in place. */
function addUp(values: Samples, perRow: number, samples: number): void {
  for (let start = 0; start < values.length; start += perRow)
    for (let i = start + samples; i < start + perRow; i++) values[i] += values[i - samples]
}

function words(bytes: Uint8Array, isLittleEndian: boolean): Uint16Array {
  const values = new Uint16Array(bytes.length >> 1)
  const [low, high] = isLittleEndian ? [0, 1] : [1, 0]
  for (let i = 0, at = 0; i < values.length; i++, at += 2) values[i] = bytes[at + low] | (bytes[at + high] << 8)
  return values
}

/** Reads samples of 1 to 15 bits, the highest bit first. Each row begins with a new byte. */
function unpackSamples(bytes: Uint8Array, bits: number, perRow: number, rows: number): Samples {
  const values = bits > 8 ? new Uint16Array(perRow * rows) : new Uint8Array(perRow * rows)
  const rowBytes = Math.ceil((perRow * bits) / 8)
  const mask = (1 << bits) - 1
  for (let row = 0, to = 0; row < rows; row++) {
    let from = row * rowBytes
    let held = 0
    let buffer = 0
    for (let i = 0; i < perRow; i++) {
      while (held < bits) {
        buffer = ((buffer << 8) | bytes[from++]) & 0xffffff
        held += 8
      }
      held -= bits
      values[to++] = (buffer >> held) & mask
    }
  }
  return values
}
