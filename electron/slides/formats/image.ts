import { extname } from 'node:path'
import sharp, { type Metadata } from 'sharp'
import { FailureError, message, type Message, type Mpp } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { jfifDensity, pngDensity } from '../picture/density.ts'
import { upright, uprightSize } from '../source/levelShape.ts'
import { checkImageSize, maxImagePixels, memoryLevel } from '../source/memory.ts'
import { statedMpp } from '../source/mpp.ts'
import { orientationOf } from '../picture/orientation.ts'
import { decodeCmyk, decodeDeep, decodeImage, type DeepImage } from '../read/pixels.ts'

interface ImageFormat {
  readonly name: string
  readonly extensions: readonly string[]
  matches(head: Buffer): boolean
  /** Why a file that begins as this one is something else; null if it is not. */
  decline?(file: SlideFile): Message | null
  /** Pixels per metre as the file states them; null if it states none, undefined if libvips knows. */
  density?(file: SlideFile): Promise<{ readonly x: number; readonly y: number } | null | undefined>
}

/** Returns the first line of libvips' report without what it leaves hanging at the end. */
const reasonOf = (error: Error) => error.message.split('\n')[0].replace(/[\s:.]+$/, '')

async function metadataOf(file: SlideFile, kind: string): Promise<Metadata> {
  try {
    return await sharp(file.path, { limitInputPixels: false }).metadata()
  } catch (error) {
    const reason = reasonOf(error as Error)
    // A sound file of an encoding that is not in the bundled library: HEIC holds H.265.
    if (/unsupported|no decoding plugin|not built|bad seek/i.test(reason) && kind.startsWith('HEI'))
      throw new FailureError('unsupported', message('unreadFormat', { file: file.name, kind }))
    throw new FailureError('unreadable', message('damagedImage', { file: file.name, kind, reason }))
  }
}

async function mppOf(format: ImageFormat, file: SlideFile, { density }: Metadata): Promise<Mpp | null> {
  const stated = await format.density?.(file)
  const perMetre = stated === undefined ? { x: (density ?? NaN) / 0.0254, y: (density ?? NaN) / 0.0254 } : stated
  return perMetre && statedMpp(1e6 / perMetre.x, 1e6 / perMetre.y, `${format.name} density`)
}

/**
 * A picture without tiles, decoded by libvips and shown upright. Its density gives its scale, if it is plausible for a
 * microscope.
 */
function imageFormat(format: ImageFormat): SlideFormat {
  const { name } = format
  return {
    name,
    extensions: format.extensions,
    decline: (file) =>
      format.matches(file.head) ? (format.decline?.(file) ?? null) : message('declinedBytes', { format: name }),
    async open(file: SlideFile) {
      const metadata = await metadataOf(file, name.replace(/ image$/, ''))
      // The bundled library decodes AV1 only.
      if (metadata.compression === 'hevc')
        throw new FailureError('unsupported', message('unreadFormat', { file: file.name, kind: 'HEIC' }))
      const { width, height, icc, space, depth, pages = 1 } = metadata
      const orientation = orientationOf(metadata)
      checkImageSize(file.name, width, height)
      const part = message('partFile', { file: file.name })
      const isCmyk = space === 'cmyk'
      // Of 16-bit pixels, those of a camera with fewer bits are shown over its range; their range is known once decoded.
      const deep: DeepImage | null =
        depth === 'ushort' && !isCmyk ? await decodeDeep(file.path, maxImagePixels, part) : null
      const [outWidth, outHeight] = uprightSize(width, height, orientation)
      const mpp = await mppOf(format, file, metadata)
      const decode = async () =>
        upright(
          deep?.image ??
            (isCmyk
              ? await decodeCmyk(file.path, maxImagePixels, part)
              : await decodeImage(file.path, maxImagePixels, part)),
          orientation,
        )
      return {
        format: name,
        reader: 'libvips (sharp)',
        mpp: mpp && orientation >= 5 ? { x: mpp.y, y: mpp.x, source: mpp.source } : mpp,
        levels: [memoryLevel(outWidth, outHeight, decode)],
        notices: [
          ...(pages > 1 ? [message('firstFrame', { frames: pages })] : []),
          ...(deep && deep.bits < 16 ? [message('narrowRange', { bits: deep.bits, largest: deep.largest })] : []),
          ...(isCmyk ? [message('coloursConverted', { kind: 'CMYK' })] : []),
          ...(orientation > 1 ? [message('turnedUpright', { orientation })] : []),
        ],
        // A profile of inks does not describe the RGB that they were converted to.
        profile: isCmyk ? null : (icc ?? null),
        close: () => file.close(),
      }
    },
  }
}

const startsWith = (head: Buffer, text: string, at = 0) => head.toString('latin1', at, at + text.length) === text
/** The brand of an ISO base media file: "avif", "heic", "mp42" …; empty if it is none. */
export const brandOf = (head: Buffer): string => (startsWith(head, 'ftyp', 4) ? head.toString('latin1', 8, 12) : '')

export const png = imageFormat({
  name: 'PNG image',
  extensions: ['.png'],
  matches: (head) => startsWith(head, '\x89PNG\r\n\x1a\n'),
  density: pngDensity,
})
export const jpeg = imageFormat({
  name: 'JPEG image',
  extensions: ['.jpg', '.jpeg'],
  matches: (head) => startsWith(head, '\xff\xd8\xff'),
  // The file that names a MIRAX slide is a JPEG preview of it.
  decline: ({ name }) =>
    extname(name).toLowerCase() === '.mrxs' ? message('declinedVendor', { vendor: 'MIRAX' }) : null,
  density: jfifDensity,
})
export const webp = imageFormat({
  name: 'WebP image',
  extensions: ['.webp'],
  matches: (head) => startsWith(head, 'RIFF') && startsWith(head, 'WEBP', 8),
})
export const gif = imageFormat({
  name: 'GIF image',
  extensions: ['.gif'],
  matches: (head) => startsWith(head, 'GIF87a') || startsWith(head, 'GIF89a'),
})
export const avif = imageFormat({
  name: 'AVIF image',
  extensions: ['.avif'],
  matches: (head) => ['avif', 'avis'].includes(brandOf(head)),
})
export const heic = imageFormat({
  name: 'HEIC image',
  extensions: ['.heic', '.heif'],
  matches: (head) => ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'].includes(brandOf(head)),
})
