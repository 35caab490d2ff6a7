import { basename, join } from 'node:path'
import sharp from 'sharp'
import { FailureError, message } from '../../contract/index.ts'
import type { DataSetReader, Place } from './dataImage.ts'
import { components, instancesOf, outlinesOf, type InstanceMap } from './instanceMap.ts'
import { describePicture, look, onEach, paired, pixelsOf } from './place.ts'

/** Returns true for lossless formats. JPEG would add false values along the edges. */
export const isMask = (file: string): boolean => /\.(png|tiff?|webp)$/i.test(file)

/**
 * Reads the instance map of a mask picture with 8 or 16 bits per channel. Each grey value and each colour is an
 * instance. If the mask has only one value beside 0, it is binary, and each connected component is an instance. Throws
 * FailureError 'unsupported' for more bits, because values would be rounded, and 'unreadable' if it is no picture.
 *
 * @param content the picture's bytes, where they are not those of the file (of a packed one)
 * @param wanted the size that it must have, looked at before it is decoded (see checkSameSize)
 */
export async function readMask(
  path: string,
  content: string | Buffer = path,
  wanted?: { readonly width: number; readonly height: number },
): Promise<InstanceMap> {
  const picture = sharp(content, { ignoreIcc: true, limitInputPixels: 120e6 })
  const { data, info, is16 } = await (async () => {
    const { depth, space, width, height } = await picture.metadata()
    if (wanted) checkSameSize(wanted, { width, height }, path)
    const is16 = depth === 'ushort'
    if (!is16 && depth !== 'uchar') throw new FailureError('unsupported', message('maskDepth', { path, depth }))
    // By default sharp reduces 16 bits to 8.
    if (is16) picture.toColourspace(space === 'rgb16' ? 'rgb16' : 'grey16')
    const pixels = picture.raw({ depth: is16 ? 'ushort' : 'uchar' })
    return { is16, ...(await pixels.toBuffer({ resolveWithObject: true })) }
  })().catch((error: Error) => {
    if (error instanceof FailureError) throw error
    throw new FailureError('unreadable', message('maskUnread', { path, reason: error.message.split('\n')[0] }))
  })
  const { width, height, channels } = info
  const values = is16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data
  const at = new Uint32Array(width * height)
  const colours = Math.min(channels, 3) // the fourth channel is opacity
  const isGrey = channels < 3
  const numbers = new Map<number, number>()
  for (let p = 0, from = 0; p < at.length; p++, from += channels) {
    const v = values[from]
    if (isGrey || (v === values[from + 1] && v === values[from + colours - 1])) at[p] = v
    else {
      const colour = (v * 65536 + values[from + 1]) * 65536 + values[from + 2]
      let number = numbers.get(colour)
      if (number === undefined) numbers.set(colour, (number = 65536 + numbers.size))
      at[p] = number
    }
  }
  const map = { width, height, at }
  return isBinary(at) ? components(map) : map
}

function isBinary(at: Uint32Array): boolean {
  const value = at.find((v) => v > 0)
  return value !== undefined && at.every((v) => v === 0 || v === value)
}

/** Throws FailureError 'invalid-input' if a mask does not have its image's size. */
export function checkSameSize(
  picture: { width: number; height: number },
  mask: { width: number; height: number },
  path: string,
): void {
  if (picture.width !== mask.width || picture.height !== mask.height)
    throw new FailureError(
      'invalid-input',
      message('maskSize', {
        file: basename(path),
        picture: [picture.width, picture.height],
        mask: [mask.width, mask.height],
      }),
    )
}

const pictureFolderOf = (place: Place) => place.folders.find((f) => /^(images?|imgs?|tissue)([ _-].*)?$/i.test(f))
const maskFolderOf = (place: Place) =>
  place.folders.find((f) => /^(labels?|masks?|instances?|inst)([ _-].*)?$/i.test(f))

/**
 * Reads pictures with instance maps or binary masks of the same names, such as NuInsSeg's images_jpg/ and masks/ or
 * BBBC038's images/ and labels/.
 */
export const maskFolder: DataSetReader = {
  name: 'instance maps',
  form: message('formMasks'),
  detect: (place) => pictureFolderOf(place) !== undefined && maskFolderOf(place) !== undefined,
  async open(place, { onProgress }) {
    const pairs = paired(
      await look(join(place.path, pictureFolderOf(place)!)),
      await look(join(place.path, maskFolderOf(place)!)),
      isMask,
      message('whatMasks'),
    )
    let done = 0
    const images = await onEach(pairs, async ({ name, picture, annotation }) => {
      const map = await readMask(annotation)
      const size = await describePicture(picture)
      checkSameSize(size, map, picture)
      const { boxes } = instancesOf(map)
      onProgress?.(++done, pairs.length, `masks of ${basename(place.path)}`)
      return {
        name,
        path: picture,
        ...size,
        boxes,
        outlines: async () => {
          const map = await readMask(annotation)
          return outlinesOf(map, instancesOf(map))
        },
        pixels: () => pixelsOf(picture),
      }
    })
    return { path: place.path, format: 'instance maps', classes: [], images, skipped: [], notes: [] }
  },
}
