import sharp from 'sharp'
import { FailureError, message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize, maxImagePixels, memoryLevel } from '../source/memory.ts'
import { statedMpp } from '../source/mpp.ts'
import { decodeImage } from '../read/pixels.ts'

/** A picture without tiles, decoded by libvips. Its density gives its scale, if it is plausible for a microscope. */
function imageFormat(name: string, extensions: readonly string[], matches: (head: Buffer) => boolean): SlideFormat {
  return {
    name,
    extensions,
    decline: (file) => (matches(file.head) ? null : message('declinedBytes', { format: name })),
    async open(file: SlideFile) {
      const { width, height, density, icc } = await sharp(file.path, { limitInputPixels: false })
        .metadata()
        .catch((error: Error) => {
          throw new FailureError(
            'unreadable',
            message('damagedImage', {
              file: file.name,
              kind: name.replace(/ image$/, ''),
              reason: error.message.split('\n')[0],
            }),
          )
        })
      checkImageSize(file.name, width, height)
      const mpp = 25_400 / (density ?? NaN)
      return {
        format: name,
        reader: 'libvips (sharp)',
        mpp: statedMpp(mpp, mpp, `${name} density`),
        levels: [
          memoryLevel(width, height, () =>
            decodeImage(file.path, maxImagePixels, message('partFile', { file: file.name })),
          ),
        ],
        profile: icc ?? null,
        close: () => file.close(),
      }
    },
  }
}

const startsWith = (head: Buffer, text: string, at = 0) => head.toString('latin1', at, at + text.length) === text

export const png = imageFormat('PNG image', ['.png'], (head) => startsWith(head, '\x89PNG\r\n\x1a\n'))
export const jpeg = imageFormat('JPEG image', ['.jpg', '.jpeg'], (head) => startsWith(head, '\xff\xd8\xff'))
export const webp = imageFormat(
  'WebP image',
  ['.webp'],
  (head) => startsWith(head, 'RIFF') && startsWith(head, 'WEBP', 8),
)
