import { message } from '../../../electron/contract/index.ts'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RgbImage } from '../../../electron/contract/index.ts'
import { decodeMosaic } from '../../../electron/slides/jpeg/mosaic.ts'
import { createPartialReader } from '../../../electron/slides/read/partialJpeg.ts'
import { decodeImage } from '../../../electron/slides/read/pixels.ts'
import type { TileAt } from '../../../electron/slides/read/region.ts'
import type { LevelSource } from '../../../electron/slides/source/source.ts'
import { cut, largestDifference, picture, raw, temporaryFolder, withSlide } from '../../support/slides.ts'

/** 37 × 29 px, chroma halved across, a restart marker after every second unit: libvips writes no such JPEG. */
const halvedAcross = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEExNDk7Pj4+JS5ESUM8' +
    'SDc9Pjv/2wBDAQoLCw4NDhwQEBw7KCIoOzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozv/wAARCAAdACUD' +
    'ASEAAhEBAxEB/8QAGQAAAwEBAQAAAAAAAAAAAAAAAAQGBQEC/8QAJRAAAQMEAgEEAwAAAAAAAAAAAQIDBAAFBhESIUEUMTJRB0Jh/8QAGwEAAQUB' +
    'AQAAAAAAAAAAAAAABQIDBAYHAAH/xAAoEQACAQQBAwQBBQAAAAAAAAABAgMABAURIRMxQRIUQlEGM2FxgaH/3QAEAAL/2gAMAwEAAhEDEQA/ALiX' +
    'Jbt8TsgdVDz8lQqSRvfdVLB2hlPqoVlYTOyWyU9Fy5cZnbTezr6rLuGXX+e7wjRiQf5WgY3GRdT1yGjWTxsFlj1SQ63X/9DkdGZOt7bShH3sCioW' +
    'TzscV5JHC+lU67Dxwe4+6btMTijApYc6prOLwWWyhKqkcctEm9TQrRKSaVhUW3s+oaXjAJrszN2Ff//R3JFttdgg85ZTyA9jU41krsuUW7TC568h' +
    'NF8ajTRtcSnSDmoGUD5a/CudIK2GrZkchsOyZ6Y6ldhG9UVmb3Nu7l/RvZ3ur1Hc4+BBEsewOK//0sfLCuXPQ0O+Rq5x+HHxvHfWvABXHY3UXR9p' +
    'HCvypOHUrj+p5Y1ESFzs0vKhyUmKlXZ8aqlTJh49HRb7THS9LV8lAb1R/MHo41rZDoa0f74P+U3j4feZLpDhE5Y1/9PxcIkl50O3a7+ndUNpbCta' +
    'FFAYWIjAjj2PFO3OfKTMsMW1HaiZFQ5kcdCvbYp38jTXWY0W3tHi2oAHVHseoe4gB8DdOIBDjbcL9E1//9TqQLNY2W4o0p4DkvzT7wRj2PLubKA9' +
    'KcHzX+te/kbs1tFHv9R+f4HiuwC6sHl+UjEE/tUrb7KjIWlXC5SHXXXFdAHQTRUA3rwnpoBocVUbvKzRzuiAAA6r/9k=',
  'base64',
)
const image = picture(117, 93)
const encodings: [string, () => Promise<Buffer>][] = [
  ['with quartered chroma', () => raw(image).jpeg({ quality: 70, chromaSubsampling: '4:2:0' }).toBuffer()],
  ['with full chroma', () => raw(image).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()],
  ['with long codes', () => raw(image).jpeg({ quality: 100, optimiseCoding: false }).toBuffer()],
  ['in grey', () => raw(image).greyscale().jpeg().toBuffer()],
  ['with chroma halved across, and restart markers', () => Promise.resolve(halvedAcross)],
]

const partOf = (stream: Buffer, x: number, y: number, width: number, height: number) =>
  decodeMosaic(width, height, [{ stream, part: { x, y, width, height }, left: 0, top: 0 }])
const some = (image: RgbImage | null): RgbImage => {
  if (!image) throw new Error('The stream was declined.')
  return image
}

describe('a part of a JPEG', () => {
  test.each(encodings)('%s has exactly the pixels that libvips decodes, wherever it lies', async (_, encode) => {
    const stream = await encode()
    const whole = await decodeImage(stream, 1e6, message('partAnyTile'))
    const { width, height } = whole
    expect(largestDifference(some(partOf(stream, 0, 0, width, height)), whole)).toBe(0)
    for (let x = 0; x < width; x += 13)
      for (let y = 0; y < height; y += 11) {
        const [w, h] = [Math.min(width - x, 1 + ((x * 7) % 30)), Math.min(height - y, 1 + ((y * 5) % 30))]
        const part = some(partOf(stream, x, y, w, h))
        expect(largestDifference(part, cut(whole, x, y, w, h)), `${w} × ${h} at ${x}, ${y}`).toBe(0)
      }
  })

  test('is declined for JPEGs that libvips decodes, for streams cut short and outside the image', async () => {
    expect(partOf(await raw(image).jpeg({ progressive: true }).toBuffer(), 0, 0, 10, 10)).toBeNull()
    const cmyk = await raw(image).toColourspace('cmyk').jpeg().toBuffer()
    expect(partOf(cmyk, 0, 0, 10, 10)).toBeNull()
    const sound = await encodings[0][1]()
    expect(partOf(sound, 100, 80, 17, 13)).not.toBeNull()
    expect(partOf(sound.subarray(0, sound.length / 2), 100, 80, 17, 13)).toBeNull()
    expect(partOf(sound, 100, 80, 18, 13)).toBeNull()
  })

  test('of a damaged stream is decoded or declined, never a crash', async () => {
    let state = 7
    const random = (most: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % most
    let declined = 0
    for (const [, encode] of encodings) {
      const sound = await encode()
      for (let n = 0; n < 200; n++) {
        const bytes = Buffer.from(sound)
        for (let k = 0; k < 4; k++) bytes[random(bytes.length)] = random(256)
        const cutShort = bytes.subarray(0, random(4) ? bytes.length : random(bytes.length))
        try {
          if (!partOf(cutShort, 3, 3, 25, 20)) declined++
        } catch (error) {
          expect(error).toHaveProperty('failure.kind', 'unreadable')
        }
      }
    }
    expect(declined).toBeGreaterThan(50)
  })
})

describe('a window of JPEG tiles', () => {
  const tiled = picture(640, 520)
  const path = join(temporaryFolder(), 'slide.tif')
  const write = raw(tiled).tiff({ tile: true, tileWidth: 128, tileHeight: 128, compression: 'jpeg', quality: 90 })

  test('has the same pixels from parts as from whole tiles, also at the slide’s edge', async () => {
    await write.toFile(path)
    for (const [x, y, width, height] of [
      [60, 70, 128, 128],
      [511, 383, 129, 137],
      [126, 10, 3, 9],
    ]) {
      const read = (slide: Parameters<Parameters<typeof withSlide>[1]>[0]) =>
        slide.region({ x, y, width, height }, width, height)
      await withSlide(path, async (slide) => {
        const fromParts = await read(slide)
        await read(slide)
        const fromTiles = await read(slide) // a third look takes the tiles
        expect(largestDifference(fromParts, fromTiles)).toBe(0)
      })
    }
  })

  test('is decoded in part twice, but not where a tile is used more often or cached, or the window is large', async () => {
    const bytes = await raw(picture(128, 128)).jpeg().toBuffer()
    let passed = 0
    const level: LevelSource = {
      width: 1280,
      height: 1280,
      tileWidth: 128,
      tileHeight: 128,
      decode: () => Promise.reject(new Error('A tile was decoded.')),
      passThrough: () => Promise.resolve({ mime: 'image/jpeg', bytes: (passed++, bytes) }),
    }
    const held = new Set<string>()
    const readPartially = createPartialReader((_, x, y) => held.has(`${x}_${y}`))
    const at = (column: number, row: number) => {
      const tiles: TileAt[] = [0, 1, 2, 3].map((i) => [column + (i % 2), row + (i >> 1)])
      return readPartially(level, { x: 128 * column + 64, y: 128 * row + 64, width: 128, height: 128 }, tiles)
    }
    expect(await at(0, 0)).toMatchObject({ width: 128, height: 128 })
    expect(await at(0, 0)).not.toBeNull()
    expect(await at(0, 0)).toBeNull()
    expect(await at(1, 1)).toBeNull()
    expect(await at(2, 2)).not.toBeNull()
    expect(await at(4, 4)).not.toBeNull()
    held.add('7_7')
    expect(await at(6, 6)).toBeNull()
    const many: TileAt[] = [0, 1, 2, 3, 4].map((i) => [i, 8])
    expect(await readPartially(level, { x: 0, y: 1024, width: 640, height: 128 }, many)).toBeNull()
    expect(passed).toBe(16)
  })
})
