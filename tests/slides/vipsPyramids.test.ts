import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RgbImage } from '../../electron/contract/index.ts'
import { hasCommand } from '../support/openslide.ts'
import { largestDifference, picture, raw, temporaryFolder, wholeOf, withSlide } from '../support/slides.ts'

const folder = temporaryFolder()
const [width, height] = [1100, 700]
const vips = (...args: string[]) => execFileSync('vips', args)

/** The pixels of a file as the vips command decodes them. */
function byVips(path: string): RgbImage {
  const out = join(folder, 'decoded.raw')
  vips('rawsave', path, out)
  return { width, height, data: readFileSync(out) }
}

/** Largest difference allowed from libvips' own decoders, by compression. */
const allowed = { none: 0, deflate: 0, lzw: 0, packbits: 0, zstd: 0, jpeg: 0, webp: 0, jp2k: 1 } as const
const kinds = Object.keys(allowed) as (keyof typeof allowed)[]
const layouts: readonly (readonly string[])[] = [[], ['--subifd'], ['--bigtiff'], ['--subifd', '--bigtiff']]

describe.skipIf(!hasCommand('vips'))('a pyramid that the vips command wrote', () => {
  const source = join(folder, 'source.png')
  const write = async (name: string, ...options: string[]) => {
    writeFileSync(source, await raw(picture(width, height)).png().toBuffer())
    const path = join(folder, name)
    const tile = ['--tile', '--tile-width', '128', '--tile-height', '128']
    vips('tiffsave', source, path, ...tile, '--xres', '4000', '--yres', '2000', ...options)
    return path
  }

  test.each(kinds.flatMap((kind) => layouts.map((layout) => [kind, layout] as const)))(
    'by %s %j opens with all its levels and its scale, its pixels as libvips decodes them',
    async (kind, layout) => {
      const path = await write(`${kind}${layout.join('')}.tif`, '--pyramid', '--compression', kind, ...layout)
      await withSlide(path, async (slide) => {
        expect(slide.info).toMatchObject({ width, height, mpp: { x: 0.25, y: 0.5 } })
        expect(slide.info.levels.map((level) => [level.width, level.height, level.generated])).toEqual([
          [1100, 700, undefined],
          [550, 350, undefined],
          [275, 175, undefined],
          [137, 87, undefined],
          [68, 43, undefined],
        ])
        const ours = await wholeOf(slide)
        expect(largestDifference(ours, byVips(path))).toBeLessThanOrEqual(allowed[kind])
        expect(['image/png', 'image/jpeg', 'image/webp']).toContain((await slide.tile(1, 1, 1)).mime)
      })
    },
  )

  test('by reversible JPEG 2000 differs by libvips’ own rounding of YCbCr', async () => {
    const path = await write('lossless.tif', '--compression', 'jp2k', '--lossless')
    expect(largestDifference(await withSlide(path, wholeOf), byVips(path))).toBeLessThanOrEqual(1)
  })

  test('in strips of every compression opens whole', async () => {
    for (const kind of kinds.filter((one) => one !== 'webp' && one !== 'jp2k')) {
      const path = join(folder, `strips ${kind}.tif`)
      writeFileSync(source, await raw(picture(width, height)).png().toBuffer())
      vips('tiffsave', source, path, '--compression', kind)
      expect(largestDifference(await withSlide(path, wholeOf), byVips(path)), kind).toBe(0)
    }
  })

  test('of 16 bits opens as 8 bits, the upper ones', async () => {
    const deep = join(folder, 'deep.v')
    writeFileSync(source, await raw(picture(width, height)).png().toBuffer())
    vips('colourspace', source, deep, 'rgb16')
    for (const kind of ['none', 'lzw', 'deflate', 'zstd']) {
      const path = join(folder, `deep ${kind}.tif`)
      vips('tiffsave', deep, path, '--tile', '--pyramid', '--compression', kind)
      expect(largestDifference(await withSlide(path, wholeOf), picture(width, height)), kind).toBe(0)
    }
  })
})
