import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  largestDifference,
  decodedBy,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'

const folder = temporaryFolder()
const image = picture(300, 200)
const inP3 = () => raw(image).withIccProfile('p3')
const kinds: [string, () => Promise<Buffer>][] = [
  ['a tiled TIFF', () => inP3().tiff({ tile: true, compression: 'lzw' }).toBuffer()],
  ['a JPEG TIFF', () => inP3().tiff({ tile: true, compression: 'jpeg', quality: 100 }).toBuffer()],
  ['a PNG', () => inP3().png().toBuffer()],
]

describe('a slide with a colour profile', () => {
  test.each(kinds)('%s shows its stored colours, and those of sRGB on request', async (name, make) => {
    const path = join(folder, `${name}.slide`)
    writeFileSync(path, await make())
    const stored = await withSlide(path, wholeOf)
    expect(largestDifference(stored, image)).toBeGreaterThan(20)
    await withSlide(
      path,
      async (slide) => {
        expect(slide.info.profile).toBeTruthy()
        const whole = await wholeOf(slide)
        // libvips brings a file's colours to sRGB when it is read as an ordinary picture.
        expect(largestDifference(whole, await decodedBy(path))).toBeLessThanOrEqual(1)
        const tile = await decodedBy((await slide.tile(0, 0, 0)).bytes)
        const corner = await slide.region(
          { x: 0, y: 0, width: tile.width, height: tile.height },
          tile.width,
          tile.height,
        )
        expect(largestDifference(tile, corner)).toBe(0)
      },
      { colour: 'srgb' },
    )
  })

  test('a slide without a colour profile is not changed on request', async () => {
    const path = join(folder, 'plain.tif')
    writeFileSync(path, await raw(image).tiff({ tile: true, compression: 'lzw' }).toBuffer())
    const whole = await withSlide(path, wholeOf, { colour: 'srgb' })
    expect(largestDifference(whole, image)).toBe(0)
  })
})
