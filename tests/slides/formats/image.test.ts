import { crc32 } from 'node:zlib'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isOpenable } from '../../../electron/slides/index.ts'
import { dataFolder, hasData } from '../../support/data.ts'
import { writeBmp, writeJp2, writeRunLengthBmp } from '../../support/pictureFiles.ts'
import {
  cut,
  decodedBy,
  failureOf,
  hashOf,
  largestDifference,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'

const folder = temporaryFolder()
const original = picture(600, 400)
const written = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

describe('a picture without tiles', () => {
  test.each([
    ['PNG image', () => raw(original).png().toBuffer()],
    ['JPEG image', () => raw(original).jpeg().toBuffer()],
    ['WebP image', () => raw(original).webp().toBuffer()],
    ['GIF image', () => raw(original).gif().toBuffer()],
    ['AVIF image', () => raw(original).avif({ effort: 0 }).toBuffer()],
  ])('%s opens with a pyramid, its pixels as libvips decodes them', async (format, make) => {
    const bytes = await make()
    const reference = await decodedBy(bytes)
    await withSlide(written('Präparat 12 – 核.img', bytes), async (slide) => {
      expect(slide.info).toMatchObject({ format, width: 600, height: 400, mpp: null })
      expect(slide.info.levels.map((level) => [level.width, level.height, level.generated ?? false])).toEqual([
        [600, 400, false],
        [300, 200, true],
        [150, 100, true],
      ])
      expect(largestDifference(await wholeOf(slide), reference)).toBe(0)
      const edge = await decodedBy((await slide.tile(0, 2, 1)).bytes)
      expect(largestDifference(edge, cut(reference, 512, 256, 88, 144))).toBe(0)
    })
  })

  test('a PNG with a microscope’s density has that scale', async () => {
    const path = written('scaled.png', await raw(original).withMetadata({ density: 101_600 }).png().toBuffer())
    const mpp = await withSlide(path, ({ info }) => info.mpp)
    expect(mpp?.x).toBeCloseTo(0.25, 4)
    expect(mpp?.source).toBe('PNG image density')
  })

  test('a PNG with a screen’s density has no scale', async () => {
    const path = written('screen.png', await raw(original).withMetadata({ density: 96 }).png().toBuffer())
    expect(await withSlide(path, ({ info }) => info.mpp)).toBeNull()
  })

  test('transparency is blended with white, and grey and 16-bit images become 8-bit RGB', async () => {
    const half = await raw(original).ensureAlpha(0.5).png().toBuffer()
    await withSlide(written('alpha.png', half), async (slide) => {
      const { data } = await wholeOf(slide)
      const most = data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (original.data[i] + 255) / 2)), 0)
      expect(most).toBeLessThanOrEqual(1.5)
    })
    const deep = await raw(original).toColourspace('rgb16').png().toBuffer()
    await withSlide(written('deep.png', deep), async (slide) => {
      expect(largestDifference(await wholeOf(slide), original)).toBeLessThanOrEqual(1)
    })
    const grey = await raw(original).greyscale().png().toBuffer()
    await withSlide(written('grey.png', grey), async (slide) => {
      const { data } = await wholeOf(slide)
      for (let i = 0; i < data.length; i += 999) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]])
    })
  })

  test('BMP and JPEG 2000 files have the pixels and the scale that were written', async () => {
    const image = picture(90, 70)
    const cases = [
      ['BMP image', writeBmp(image, 4_000_000)],
      ['JPEG 2000 image', await writeJp2(image, 4_000_000)],
    ] as const
    for (const [format, bytes] of cases)
      await withSlide(written(`${format}.img`, bytes), async (slide) => {
        expect(slide.info).toMatchObject({ format, width: 90, height: 70 })
        expect(slide.info.mpp?.x).toBeCloseTo(0.25, 6)
        expect(largestDifference(await wholeOf(slide), image)).toBe(0)
      })
  })

  test('a BMP of runs has the indices that were packed', async () => {
    const indexAt = (x: number, y: number) => Math.floor((x * y) / 9) % 256
    await withSlide(written('runs.bmp', writeRunLengthBmp(61, 47, indexAt)), async (slide) => {
      const { data } = await wholeOf(slide)
      for (let i = 0; i < 61 * 47; i++) expect(data[3 * i]).toBe(indexAt(i % 61, Math.floor(i / 61)))
    })
  })

  test('a PNG whose density has no unit has no scale, and one of two densities has both', async () => {
    const png = await raw(original).withMetadata({ density: 101_600 }).png().toBuffer()
    const at = png.indexOf('pHYs', 0, 'latin1')
    const sealed = () => (png.writeUInt32BE(crc32(png.subarray(at, at + 13)), at + 13), png)
    png.writeUInt32BE(2_000_000, at + 8)
    const both = await withSlide(written('two.png', sealed()), ({ info }) => info.mpp)
    expect(both?.x).toBeCloseTo(0.25, 4)
    expect(both?.y).toBeCloseTo(0.5, 4)
    png[at + 12] = 0
    expect(await withSlide(written('unit.png', sealed()), ({ info }) => info.mpp)).toBeNull()
  })

  test('a CMYK JPEG keeps its colours, and the conversion is stated', async () => {
    const { default: sharp } = await import('sharp')
    const inks = Buffer.alloc(60 * 40 * 4)
    const colour = [138, 95, 134]
    for (let i = 0; i < inks.length; i += 4) for (let c = 0; c < 3; c++) inks[i + c] = 255 - colour[c]
    const bytes = await sharp(inks, { raw: { width: 60, height: 40, channels: 4 } })
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .catch(() => null)
    if (!bytes || (await sharp(bytes).metadata()).space !== 'cmyk') return
    await withSlide(written('inks.jpg', bytes), async (slide) => {
      expect(slide.info.notices?.[0]?.key).toBe('coloursConverted')
      expect((await wholeOf(slide)).data).toHaveLength(60 * 40 * 3)
    })
  })

  test('a 16-bit PNG of a 12-bit camera is shown over its range, and that is said', async () => {
    const { default: sharp } = await import('sharp')
    const deep = Uint16Array.from(original.data, (value) => Math.round((value * 4095) / 255))
    const bytes = await sharp(deep, { raw: { width: 600, height: 400, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    await withSlide(written('camera.png', bytes), async (slide) => {
      expect(largestDifference(await wholeOf(slide), original)).toBeLessThanOrEqual(1)
      expect(slide.info.notices?.[0]?.key).toBe('narrowRange')
    })
  })

  test.each([
    ['photo.heic', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /HEIC/],
    ['scan.zeiss', 'ZISRAWFILE'.padEnd(64, '\0'), /Zeiss CZI/],
    ['drawing.psd', '8BPS'.padEnd(64, '\0'), /Photoshop/],
    ['a.geojson', '{"type": "FeatureCollection", "features": []}', /import/],
    ['slides.zip', 'PK\x03\x04'.padEnd(64, '\0'), /Unpack/],
  ])('%s is named as what it is, with what to do', async (name, head, sentence) => {
    const failure = await failureOf(written(name, Buffer.from(head, 'latin1')))
    expect(failure).toMatchObject({ kind: 'unsupported' })
    expect(failure?.message).toMatch(sentence)
    expect(failure?.message).not.toMatch(/damaged|first bytes/)
  })

  test('an image too large for memory is refused before it is decoded', async () => {
    // A PNG header of 60,000 × 60,000 px and nothing else; the checksum is that of its 17 bytes.
    const png = await raw(picture(8, 8)).png().toBuffer()
    const header = Buffer.from(png)
    header.writeUInt32BE(60_000, 16)
    header.writeUInt32BE(60_000, 20)
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29)
    const failure = await failureOf(written('bomb.png', header))
    expect(failure).toMatchObject({ kind: 'unsupported' })
    expect(failure?.message).toContain('pyramidal TIFF')
  })
})

describe.skipIf(!hasData('consep/train'))('a CoNSeP tile', () => {
  // Reference: Pillow's decode, RGB.
  test('has the pixels that Pillow reads', () =>
    withSlide(dataFolder('consep/train/images/train_1.png'), async (slide) => {
      expect(hashOf((await wholeOf(slide)).data)).toBe('a1ca6c3e086f804e2cd63cbd81b44749')
    }))
})

test('file names show what can be opened, in upper or lower case', () => {
  for (const name of ['a.svs', 'B.SVS', 'c.ome.tif', 'd.TIFF', 'e.png', 'f.jpeg', 'g.webp'])
    expect(isOpenable(name), name).toBe(true)
  for (const name of ['a.txt', 'svs', 'a.svs.xml', 'a.geojson']) expect(isOpenable(name), name).toBe(false)
})

describe('orientation that is not in EXIF', () => {
  const turned = (chunk: Buffer) =>
    raw(picture(60, 40))
      .png()
      .toBuffer()
      .then((png) => Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]))
  const chunkOf = (type: string, content: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(content.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
  const exif = Buffer.from(
    '457869660000' + '49492a0008000000' + '0100' + '12010300010000000600' + '0000' + '00000000',
    'hex',
  )

  test.each([
    ['XMP', chunkOf('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`, 'utf8'))],
    [
      'the text that ImageMagick writes',
      chunkOf(
        'tEXt',
        Buffer.from(`Raw profile type exif\0\nexif\n ${exif.length}\n${exif.toString('hex')}\n`, 'latin1'),
      ),
    ],
  ])('but in %s is applied', async (name, chunk) => {
    await withSlide(written(`${name}.png`, await turned(chunk)), ({ info }) => {
      expect([info.width, info.height]).toEqual([40, 60])
    })
  })
})
