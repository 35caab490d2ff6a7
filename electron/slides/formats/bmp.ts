import { FailureError, message } from '../../contract/index.ts'
import { isBmp, readBmpHeader } from '../bmp/header.ts'
import { damaged } from '../source/damaged.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import { statedMpp } from '../source/mpp.ts'
import { decodeOnThread } from '../threads/decodePool.ts'
import type { SlideFormat } from './format.ts'

/** Header, masks and the largest palette. */
const maxHeader = 14 + 124 + 16 + 1024
/** Pixels packed as JPEG or PNG are for printers. */
const readCompressions = [0, 1, 2, 3, 6]

/** BMP, which older microscope cameras write. */
export const bmp: SlideFormat = {
  name: 'BMP image',
  extensions: ['.bmp', '.dib'],
  decline: ({ head }) => (isBmp(head) ? null : message('declinedBytes', { format: 'BMP image' })),
  async open(file) {
    const header = readBmpHeader(await file.read(0, Math.min(maxHeader, file.size), message('partHeader')))
    if (!header)
      throw new FailureError(
        'unreadable',
        message('damagedFile', { file: file.name, kind: 'BMP', flaw: message('headerImpossible') }),
      )
    if (!readCompressions.includes(header.compression))
      throw new FailureError(
        'unsupported',
        message('unsupportedFile', {
          file: file.name,
          kind: 'BMP',
          why: message('compression', { method: header.compression, name: null }),
        }),
      )
    const { width, height, pixelsAt, perMetre } = header
    checkImageSize(file.name, width, height)
    const part = message('partFile', { file: file.name })
    return {
      format: 'BMP image',
      reader: 'Karyon BMP',
      mpp: statedMpp(1e6 / perMetre[0], 1e6 / perMetre[1], 'BMP image density'),
      levels: [
        memoryLevel(width, height, async () => {
          const length = Math.max(0, file.size - pixelsAt)
          const bytes = await file.read(pixelsAt, length, message('partPixels'))
          const image = await decodeOnThread({ codec: 'bmp', header, bytes }, (width * height) / 1e6)
          if ('error' in image) throw damaged(part, message('flawDecoding', { reason: image.error }))
          return image
        }),
      ],
      close: () => file.close(),
    }
  },
}
