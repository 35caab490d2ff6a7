import { message } from '../../contract/index.ts'
import { segments } from '../source/jpegStream.ts'
import { huffmanTable, type HuffmanTable } from './huffman.ts'

export interface Component {
  /** Blocks per unit (MCU), across and down. */
  readonly horizontalSampling: number
  readonly verticalSampling: number
  /** Quantisation steps in stream order (zigzag). */
  readonly steps: Int32Array
  readonly dc: HuffmanTable
  readonly ac: HuffmanTable
}

/**
 * A sequential 8-bit Huffman JPEG with one scan: grey, RGB, or YCbCr with chroma at full size, half the width, or half
 * the width and height.
 */
export interface JpegHeader {
  readonly width: number
  readonly height: number
  /** One or three. */
  readonly components: readonly Component[]
  readonly isYCbCr: boolean
  /** Units between restart markers; 0: no restart markers. */
  readonly restartInterval: number
  /** Offset of the scan's entropy-coded bytes. */
  readonly scanAt: number
}

const codes = { baseline: 0xc0, huffman: 0xc4, quantisation: 0xdb, restart: 0xdd, app0: 0xe0, app14: 0xee, scan: 0xda }
/** Offset of a segment's content, after marker and length. */
const contentAt = 4

/** The last header, cached because all tiles of a slide begin with the same bytes. */
let last: { readonly bytes: Buffer; readonly header: JpegHeader } | undefined

/** Reads the header of a JPEG stream. Returns null if it is of a rare kind or damaged; then libvips decides. */
export function readHeader(stream: Buffer): JpegHeader | null {
  if (last?.bytes.equals(stream.subarray(0, last.bytes.length))) return last.header
  const header = readNewHeader(stream)
  if (header) last = { bytes: Buffer.from(stream.subarray(0, header.scanAt)), header }
  return header
}

function readNewHeader(stream: Buffer): JpegHeader | null {
  const { header, scanAt } = segments(stream, message('partAnyTile'))
  const steps: Int32Array[] = []
  const tables: HuffmanTable[][] = [[], []]
  let frame: Buffer | undefined
  let restartInterval = 0
  let isJfif = false
  let adobe: number | undefined
  for (const { code, bytes } of header) {
    const content = bytes.subarray(contentAt)
    if (code === codes.quantisation) {
      if (!readSteps(content, steps)) return null
    } else if (code === codes.huffman) {
      if (!readTables(content, tables)) return null
    } else if (code === codes.restart) restartInterval = content.length >= 2 ? content.readUInt16BE(0) : 0
    else if (code === codes.app0) isJfif ||= content.toString('latin1', 0, 5) === 'JFIF\0'
    else if (code === codes.app14) {
      if (content.length < 12 || content.toString('latin1', 0, 5) !== 'Adobe' || content[11] > 1) return null
      adobe = content[11]
    } else if (code === codes.baseline || code === codes.baseline + 1) frame = content
    else if (code >= 0xc0 && code <= 0xcf) return null // progressive, lossless, arithmetic
  }
  if (!frame || frame.length < 6 || frame[0] !== 8) return null
  const count = frame[5]
  const scan = stream.subarray(scanAt)
  const scanLength = scan.length >= contentAt ? scan.readUInt16BE(2) : 0
  const isWhole =
    scan[1] === codes.scan && scanLength === 6 + 2 * count && scan.length > 2 + scanLength && scan[4] === count
  if ((count !== 1 && count !== 3) || frame.length < 6 + 3 * count || !isWhole) return null
  const components: Component[] = []
  for (let i = 0; i < count; i++) {
    const [id, sampling, quantisation] = frame.subarray(6 + 3 * i)
    const [scanId, table] = scan.subarray(5 + 2 * i)
    const [dc, ac, step] = [tables[0][table >> 4], tables[1][table & 15], steps[quantisation]]
    if (id !== scanId || !dc || !ac || !step) return null
    components.push({ horizontalSampling: sampling >> 4, verticalSampling: sampling & 15, steps: step, dc, ac })
  }
  // With one component, a unit is one block.
  if (count === 1) components[0] = { ...components[0], horizontalSampling: 1, verticalSampling: 1 }
  const [luma, ...chroma] = components
  const { horizontalSampling: across, verticalSampling: down } = luma
  const isSupportedSampling = down <= across && across > 0 && across <= 2 && down > 0
  if (!isSupportedSampling || chroma.some((one) => one.horizontalSampling !== 1 || one.verticalSampling !== 1))
    return null
  // JFIF means YCbCr. Adobe says 0 for RGB, 1 for YCbCr. Otherwise the names of the components decide, as in other
  // decoders.
  const isNamedRgb = [0, 1, 2].every((i) => frame[6 + 3 * i] === 'RGB'.charCodeAt(i))
  const isYCbCr = count === 3 && (isJfif || (adobe === undefined ? !isNamedRgb : adobe === 1))
  if (count === 3 && !isYCbCr && across > 1) return null
  const [height, width] = [frame.readUInt16BE(1), frame.readUInt16BE(3)]
  if (width === 0 || height === 0 || (across === 2 && width < 5)) return null // too narrow to interpolate
  return {
    width,
    height,
    components,
    isYCbCr,
    restartInterval,
    scanAt: scanAt + 2 + scanLength,
  }
}

function readSteps(content: Buffer, steps: Int32Array[]): boolean {
  for (let at = 0; at < content.length;) {
    const [isWide, id] = [content[at] >> 4 > 0, content[at] & 15]
    at++
    if (at + (isWide ? 128 : 64) > content.length) return false
    steps[id] = Int32Array.from({ length: 64 }, (_, k) => (isWide ? content.readUInt16BE(at + 2 * k) : content[at + k]))
    at += isWide ? 128 : 64
  }
  return true
}

function readTables(content: Buffer, tables: HuffmanTable[][]): boolean {
  for (let at = 0; at < content.length;) {
    const [kind, id] = [content[at] >> 4, content[at] & 15]
    const counts = content.subarray(at + 1, at + 17)
    const total = counts.reduce((a, b) => a + b, 0)
    const symbols = content.subarray(at + 17, at + 17 + total)
    const table = kind < 2 && counts.length === 16 && symbols.length === total ? huffmanTable(counts, symbols) : null
    if (!table) return false
    tables[kind][id] = table
    at += 17 + total
  }
  return true
}
