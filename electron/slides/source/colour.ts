import { message, type Message } from '../../contract/index.ts'
import sharp from 'sharp'
import type { RgbImage } from '../../contract/index.ts'
import { damaged } from './damaged.ts'
import { toRgb } from '../read/pixels.ts'
import type { LevelSource, SlideSource } from './source.ts'
import { stripTiff } from '../tiff/stripTiff.ts'

/**
 * Returns the name of an ICC profile: its 'desc' tag (ICC.1 9.2.41; v2 textDescription or v4 multiLocalizedUnicode).
 */
export function profileName(profile: Buffer): string {
  const unnamed = 'unnamed'
  const count = profile.length >= 132 ? profile.readUInt32BE(128) : 0
  for (let i = 0; i < Math.min(count, 100) && 144 + 12 * i <= profile.length; i++) {
    const entry = profile.subarray(132 + 12 * i)
    if (entry.toString('latin1', 0, 4) !== 'desc') continue
    const tag = profile.subarray(entry.readUInt32BE(4), entry.readUInt32BE(4) + entry.readUInt32BE(8))
    const type = tag.toString('latin1', 0, 4)
    if (type === 'desc' && tag.length >= 12) return text(tag.toString('latin1', 12, 12 + tag.readUInt32BE(8)))
    if (type !== 'mluc' || tag.length < 28) return unnamed
    const [length, at] = [tag.readUInt32BE(20), tag.readUInt32BE(24)]
    return text(new TextDecoder('utf-16be').decode(tag.subarray(at, at + length)))
  }
  return unnamed

  function text(name: string) {
    return name.replace(/\0[^]*$/, '').slice(0, 100) || unnamed
  }
}

/**
 * Converts pixels from `profile` to sRGB: perceptual intent, by LittleCMS. Throws FailureError 'unreadable' if the
 * profile is damaged.
 */
async function toSrgb(image: RgbImage, profile: Buffer, part: Message): Promise<RgbImage> {
  const { width, height, data } = image
  const layout = { width, height, samples: 3, bits: 8, compression: 1, photometric: 2, predictor: 1 }
  const { data: out } = await sharp(stripTiff({ ...layout, profile }, data))
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw damaged(part, message('flawColour', { reason: error.message.split('\n')[0].trim() }))
    })
  return toRgb(out, width, height)
}

/** Returns the slide with its colours converted to sRGB by its ICC profile, or unchanged if it has none. */
export function inSrgb(source: SlideSource): SlideSource {
  const { profile, associated } = source
  if (!profile) return source
  const managed = (level: LevelSource, index: number): LevelSource => ({
    ...level,
    passThrough: undefined, // a browser would show the stored colours
    decode: async (x, y, signal) =>
      toSrgb(await level.decode(x, y, signal), profile, message('partTile', { x, y, level: index, file: null })),
  })
  return {
    ...source,
    levels: source.levels.map(managed),
    associated: associated?.map((picture) => ({
      ...picture,
      decode: async () =>
        toSrgb(await picture.decode(), profile, message('partPicture', { name: picture.name, file: null })),
    })),
  }
}
