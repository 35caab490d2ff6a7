import { FailureError, message, type Message, type Mpp, type RgbImage } from '../../contract/index.ts'
import { codestreamSize } from '../jpeg2000/codestream.ts'
import { decodeJpeg2000 } from '../jpeg2000/rgb.ts'
import { toRgb } from '../read/pixels.ts'
import type { SlideFile } from '../source/file.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import { statedMpp } from '../source/mpp.ts'
import type { SlideFormat } from './format.ts'

/** The signature box of JP2 and JPX (ITU T.800 I.5.1), and the start of a bare codestream. */
const signature = Buffer.from('0000000c6a5020200d0a870a', 'hex')
const codestreamStart = Buffer.from('ff4fff51', 'hex')
const isCodestream = (head: Buffer) => head.subarray(0, 4).equals(codestreamStart)

interface Box {
  readonly type: string
  readonly at: number
  readonly length: number
}

/** What the boxes around a codestream say. */
interface Jp2 {
  readonly codestream: Buffer
  readonly isYCbCr: boolean
  /** Colours of an indexed picture, `channels` bytes each. */
  readonly palette: { readonly channels: number; readonly colours: Buffer } | null
  readonly mpp: Mpp | null
}

const part = message('partHeader')

/** Reads the boxes from `at` to `end`. The last may have length 0: up to the end. */
async function boxes(file: SlideFile, at: number, end: number): Promise<Box[]> {
  const found: Box[] = []
  while (at + 8 <= end) {
    const head = await file.read(at, Math.min(16, end - at), part)
    const stated = head.readUInt32BE(0)
    const headLength = stated === 1 ? 16 : 8
    const length =
      stated === 0 ? end - at : stated === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : stated
    if (length < headLength || at + length > end) break
    found.push({ type: head.toString('latin1', 4, 8), at: at + headLength, length: length - headLength })
    at += length
  }
  return found
}

async function readJp2(file: SlideFile): Promise<Jp2> {
  const whole = () => file.read(0, file.size, message('partPixels'))
  if (isCodestream(file.head)) return { codestream: await whole(), isYCbCr: false, palette: null, mpp: null }
  const outer = await boxes(file, 0, file.size)
  const stream = outer.find(({ type }) => type === 'jp2c')
  if (!stream)
    throw new FailureError(
      'unreadable',
      message('damagedFile', { file: file.name, kind: 'JPEG 2000', flaw: message('noImage') }),
    )
  const header = outer.find(({ type }) => type === 'jp2h')
  const inner = header ? await boxes(file, header.at, header.at + header.length) : []
  const content = async (type: string, within = inner) => {
    const box = within.find((one) => one.type === type)
    return box ? file.read(box.at, box.length, part) : null
  }
  const colour = await content('colr')
  const isEnumerated = colour !== null && colour.length >= 7 && colour[0] === 1
  const resolution = inner.find(({ type }) => type === 'res ')
  const capture =
    resolution && (await content('resc', await boxes(file, resolution.at, resolution.at + resolution.length)))
  return {
    codestream: await file.read(stream.at, stream.length, message('partPixels')),
    isYCbCr: isEnumerated && colour.readUInt32BE(3) === 18,
    palette: paletteOf(await content('pclr')),
    mpp: capture && capture.length >= 10 ? captureMpp(capture) : null,
  }
}

/** Number of colours, number of channels, bits of each, then the colours (T.800 I.5.3.4). Only of 8 bits. */
function paletteOf(box: Buffer | null): Jp2['palette'] {
  if (!box || box.length < 4) return null
  const [count, channels] = [box.readUInt16BE(0), box[2]]
  const colours = box.subarray(3 + channels)
  return (channels === 1 || channels >= 3) && colours.length === count * channels ? { channels, colours } : null
}

/** Pixels per metre as a fraction and a power of ten, down and across (T.800 I.5.3.7.1). */
function captureMpp(box: Buffer): Mpp | null {
  const y = (box.readUInt16BE(0) / box.readUInt16BE(2)) * 10 ** box.readInt8(8)
  const x = (box.readUInt16BE(4) / box.readUInt16BE(6)) * 10 ** box.readInt8(9)
  return statedMpp(1e6 / x, 1e6 / y, 'JPEG 2000 capture resolution')
}

function indexed({ channels, colours }: NonNullable<Jp2['palette']>, data: Uint8Array, width: number, height: number) {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = colours[data[i] * channels + (channels === 1 ? 0 : c)] ?? 0
  return { width, height, data: rgb }
}

/** JPEG 2000 files (JP2, JPX) and bare codestreams, decoded whole by OpenJPEG. */
export const jpeg2000: SlideFormat = {
  name: 'JPEG 2000 image',
  extensions: ['.jp2', '.jpx', '.jpf', '.j2k', '.j2c', '.jpc'],
  decline: ({ head }): Message | null =>
    head.subarray(0, signature.length).equals(signature) || isCodestream(head)
      ? null
      : message('declinedBytes', { format: 'JPEG 2000 image' }),
  async open(file) {
    const jp2 = await readJp2(file)
    const whole = message('partFile', { file: file.name })
    const { width, height, components, bits } = codestreamSize(jp2.codestream, whole)
    checkImageSize(file.name, width, height)
    if (components !== 1 && components !== 3)
      throw new FailureError(
        'unsupported',
        message('unsupportedFile', { file: file.name, kind: 'JPEG 2000', why: message('oneOrThree', { components }) }),
      )
    const { palette } = jp2
    const pixels = (data: Uint8Array, w: number, h: number): RgbImage =>
      palette && data.length === w * h ? indexed(palette, data, w, h) : toRgb(data, w, h)
    const decode = () => decodeJpeg2000(jp2.codestream, jp2.isYCbCr, () => undefined, whole, pixels, bits > 8)
    // The range of deep pixels is known once they are decoded.
    const deep = bits > 8 ? await decode() : null
    const { range } = deep ?? {}
    return {
      format: 'JPEG 2000 image',
      reader: 'OpenJPEG',
      mpp: jp2.mpp,
      levels: [memoryLevel(width, height, async () => deep?.image ?? (await decode()).image)],
      notices: range && range.bits < bits ? [message('narrowRange', range)] : [],
      close: () => file.close(),
    }
  },
}
