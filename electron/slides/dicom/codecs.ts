import { FailureError, message, type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import { decodeJpeg2000Rgb } from '../jpeg2000/rgb.ts'
import { jpegColourIsStated, jpegSize, standaloneJpeg } from '../source/jpegStream.ts'
import { decodeImage, toRgb } from '../read/pixels.ts'
import { photometrics } from '../tiff/tags.ts'
import type { Instance } from './instance.ts'

/** Decodes the frames of a transfer syntax. A frame is a tile; the caller checks that it covers its part of the slide. */
interface FrameCodec {
  decode(instance: Instance, frame: Buffer, part: Message): Promise<RgbImage>
  /** Returns the frame in a form that browsers show. Absent if browsers do not know the codec. */
  passThrough?(instance: Instance, frame: Buffer, part: Message): EncodedTile
}

/** Frames at the edge of the slide are padded to the size of a tile, or cut to the part of it that shows the slide. */
function checkFrameSize({ tileWidth, tileHeight }: Instance, width: number, height: number, part: Message): void {
  if (width > tileWidth || height > tileHeight)
    throw damaged(part, message('flawSize', { found: [width, height], expected: [tileWidth, tileHeight] }))
}

/**
 * Returns the frame as a JPEG stream. If its own markers state its colours, it is returned unchanged: they are more
 * reliable than the header, which converters fill in carelessly. Otherwise the header counts.
 */
function jpegStream(instance: Instance, frame: Buffer, part: Message): Buffer {
  const { width, height } = jpegSize(frame, part)
  checkFrameSize(instance, width, height, part)
  if (instance.photometric !== 'RGB' || jpegColourIsStated(frame, part)) return frame
  return standaloneJpeg(frame, null, photometrics.rgb, () => undefined, part)
}

const jpeg: FrameCodec = {
  decode: (instance, frame, part) =>
    decodeImage(jpegStream(instance, frame, part), instance.tileWidth * instance.tileHeight, part),
  passThrough: (instance, frame, part) => ({ mime: 'image/jpeg', bytes: jpegStream(instance, frame, part) }),
}

/** The codestream itself undoes YBR_RCT and YBR_ICT. It does not know YBR_FULL. */
const jpeg2000: FrameCodec = {
  decode: (instance, frame, part) =>
    decodeJpeg2000Rgb(
      frame,
      instance.photometric.startsWith('YBR_FULL'),
      (width, height) => checkFrameSize(instance, width, height, part),
      part,
    ),
}

const native: FrameCodec = {
  async decode({ tileWidth, tileHeight, samples, isPlanar }, frame) {
    if (!isPlanar || samples === 1) return toRgb(frame, tileWidth, tileHeight)
    const size = tileWidth * tileHeight
    const joined = new Uint8Array(size * samples)
    for (let s = 0; s < samples; s++) for (let i = 0; i < size; i++) joined[i * samples + s] = frame[s * size + i]
    return toRgb(joined, tileWidth, tileHeight)
  },
}

/** Codecs by transfer syntax (PS3.5 A). */
const codecs: ReadonlyMap<string, FrameCodec> = new Map([
  ['1.2.840.10008.1.2', native],
  ['1.2.840.10008.1.2.1', native],
  ['1.2.840.10008.1.2.4.50', jpeg],
  ['1.2.840.10008.1.2.4.90', jpeg2000],
  ['1.2.840.10008.1.2.4.91', jpeg2000],
])
const nativePhotometrics = ['RGB', 'MONOCHROME2']
const photometricsRead = [...nativePhotometrics, 'YBR_FULL', 'YBR_FULL_422', 'YBR_ICT', 'YBR_RCT']

/** Returns the codec for the frames of an instance. Throws FailureError 'unsupported' if there is none. */
export function frameCodec(instance: Instance): FrameCodec {
  const { file, transferSyntax, photometric, samples } = instance
  const refused = (why: Message) =>
    new FailureError('unsupported', message('unsupportedFile', { file: file.name, kind: 'DICOM', why }))
  const codec = codecs.get(transferSyntax)
  if (!codec) throw refused(message('transferSyntax', { syntax: transferSyntax }))
  const known = codec === native ? nativePhotometrics : photometricsRead
  if (!known.includes(photometric)) throw refused(message('photometric', { kind: photometric || '–' }))
  if (samples !== (photometric === 'MONOCHROME2' ? 1 : 3)) throw refused(message('channels', { channels: samples }))
  return codec
}
