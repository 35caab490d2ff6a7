import { message, type Message } from '../../contract/index.ts'
import { damaged } from './damaged.ts'
import { photometrics } from '../tiff/tags.ts'

/** JPEG markers (ITU T.81 table B.1). */
const marker = { soi: 0xd8, eoi: 0xd9, sos: 0xda, app0: 0xe0, app14: 0xee, tem: 0x01 } as const
const isFrameHeader = (code: number) => code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code)

export interface Segment {
  readonly code: number
  /** Marker, length and content. */
  readonly bytes: Buffer
}

/** Returns the segments between SOI and the first scan, and the offset of that scan's marker (or the stream's end). */
export function segments(stream: Buffer, part: Message): { header: Segment[]; scanAt: number } {
  const notJpeg = () => damaged(part, message('flawNotJpeg'))
  if (stream.length < 4 || stream[0] !== 0xff || stream[1] !== marker.soi) throw notJpeg()
  const header: Segment[] = []
  for (let at = 2; ;) {
    if (at >= stream.length) return { header, scanAt: stream.length }
    if (stream[at] !== 0xff) throw notJpeg()
    const code = stream[at + 1]
    if (code === 0xff)
      at++ // fill byte
    else if (code === marker.sos || code === marker.eoi) return { header, scanAt: at }
    else if (at + 4 > stream.length || code === undefined || code === 0 || code === marker.tem) throw notJpeg()
    else {
      const end = at + 2 + stream.readUInt16BE(at + 2)
      if (end < at + 4 || end > stream.length) throw notJpeg()
      header.push({ code, bytes: stream.subarray(at, end) })
      at = end
    }
  }
}

const soi = Buffer.from([0xff, marker.soi])
/** Adobe's APP14 segment: version 100, no flags, colour transform 0 = RGB, 1 = YCbCr. */
const adobe = (transform: 0 | 1) =>
  Buffer.from([0xff, marker.app14, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform])

const frameHeader = (header: readonly Segment[], part: Message): Buffer => {
  const frame = header.find((s) => isFrameHeader(s.code))?.bytes
  if (!frame || frame.length < 10) throw damaged(part, message('flawNoJpegImage'))
  return frame
}

/** Returns the size that a JPEG stream states. Throws FailureError 'unreadable' if it is not a JPEG. */
export function jpegSize(stream: Buffer, part: Message): { width: number; height: number } {
  const frame = frameHeader(segments(stream, part).header, part)
  return { width: frame.readUInt16BE(7), height: frame.readUInt16BE(5) }
}

/** Returns whether the stream's own markers (JFIF, Adobe) state how its colours are stored; decoders follow them. */
export const jpegColourIsStated = (stream: Buffer, part: Message): boolean =>
  segments(stream, part).header.some(({ code }) => code === marker.app0 || code === marker.app14)

/**
 * Makes a complete JPEG stream of a TIFF block without changing its scans: merges the page's tables and states the
 * colour space in an Adobe marker. TIFF states it in the photometric tag; decoders would otherwise guess. `checkSize`
 * receives the stated size. Throws FailureError 'unreadable' if the block is not a JPEG.
 */
export function standaloneJpeg(
  block: Buffer,
  tables: Buffer | null,
  photometric: number,
  checkSize: (width: number, height: number) => void,
  part: Message,
): Buffer {
  const { header, scanAt } = segments(block, part)
  const frame = frameHeader(header, part)
  checkSize(frame.readUInt16BE(7), frame.readUInt16BE(5))
  const isColour = frame[9] === 3
  const keeps = (s: Segment) => !(isColour && (s.code === marker.app0 || s.code === marker.app14))
  const shared = tables ? segments(tables, message('partJpegTables', { part })).header : []
  return Buffer.concat([
    soi,
    ...(isColour ? [adobe(photometric === photometrics.rgb ? 0 : 1)] : []),
    ...[...shared, ...header].filter(keeps).map((s) => s.bytes),
    block.subarray(scanAt),
  ])
}

/**
 * Makes a complete JPEG stream of a TIFF block without changing its scans and without a word on its colours, so that a
 * decoder returns the components as they are. `state` receives the stated size.
 */
export function plainJpeg(
  block: Buffer,
  tables: Buffer | null,
  state: (frame: { width: number; height: number; components: number }) => void,
  part: Message,
): Buffer {
  const { header, scanAt } = segments(block, part)
  const frame = frameHeader(header, part)
  state({ width: frame.readUInt16BE(7), height: frame.readUInt16BE(5), components: frame[9] })
  const shared = tables ? segments(tables, message('partJpegTables', { part })).header : []
  const keeps = ({ code }: Segment) => code !== marker.app0 && code !== marker.app14
  return Buffer.concat([soi, ...[...shared, ...header].filter(keeps).map((s) => s.bytes), block.subarray(scanAt)])
}
