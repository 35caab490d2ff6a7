import { says } from '../../support/messages.ts'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FailureError } from '../../../electron/contract/index.ts'
import { openWithLibrary } from '../../../electron/slides/openslide/source.ts'
import { createReader } from '../../../electron/slides/read/pyramid.ts'
import { openSlideLibraries } from '../../support/openslide.ts'
import { largestDifference, picture, raw, temporaryFolder, wholeOf, withSlide } from '../../support/slides.ts'
import { trestleSlide } from '../../support/trestle.ts'

const folder = temporaryFolder()
const image = picture(300, 200)
const path = join(folder, 'Präparat 核 (1).tif')
writeFileSync(path, trestleSlide(image, 64))
const libraries = await openSlideLibraries()

describe.each(libraries)('OpenSlide $version', (library) => {
  test('gives size, pixels and picture list of a slide that only it reads', async () => {
    const slide = createReader(await openWithLibrary(library, path), null)
    expect(slide.info).toMatchObject({ format: 'trestle slide', width: 300, height: 200 })
    expect(slide.info.reader).toBe(`OpenSlide ${library.version}`)
    expect(largestDifference(await wholeOf(slide), image)).toBe(0)
    await slide.close()
    await expect(wholeOf(slide)).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })

  test('can be closed while it reads: every read ends, with its tile or as cancelled', async () => {
    const outcomes = new Set<unknown>()
    for (let i = 0; i < 50; i++) {
      const slide = createReader(await openWithLibrary(library, path), null)
      const reads = Promise.allSettled(Array.from({ length: 6 }, (_, k) => slide.tile(0, k % 2, 0)))
      await slide.close()
      for (const result of await reads)
        outcomes.add(result.status === 'fulfilled' ? 'tile' : (result.reason as FailureError).failure.kind)
    }
    expect([...outcomes].filter((outcome) => outcome !== 'tile')).toEqual(['cancelled'])
  })

  test('a damaged slide fails by name and can be read again once it is whole', async () => {
    const place = join(folder, `damaged ${library.version}.tif`)
    const sound = trestleSlide(image, 64)
    writeFileSync(place, sound)
    const slide = createReader(await openWithLibrary(library, place), null)
    writeFileSync(place, sound.subarray(0, 100))
    await expect(slide.tile(0, 1, 0)).rejects.toMatchObject({
      failure: {
        kind: 'unreadable',
        message: says(/^Tile 1, 0 of level 0 of damaged .*\.$/),
      },
    })
    writeFileSync(place, sound)
    expect(largestDifference(await wholeOf(slide), image)).toBe(0)
    await slide.close()
  })
})

describe.skipIf(libraries.length === 0)('a slide that only OpenSlide reads', () => {
  test('opens like any other, and lists the formats that declined it', () =>
    withSlide(path, ({ info, declined }) => {
      expect(info.reader).toContain('OpenSlide')
      expect(declined.map(({ format }) => format)).toEqual([
        'Aperio SVS',
        'OME-TIFF',
        'ImageJ TIFF',
        'TIFF',
        'DICOM',
        'PNG image',
        'JPEG image',
        'WebP image',
        'BMP image',
        'GIF image',
        'AVIF image',
        'HEIC image',
        'JPEG 2000 image',
        'NumPy picture stack',
      ])
      expect(declined[3].why).toEqual(says('it is Trestle TIFF'))
    }))
})

describe('without OpenSlide', () => {
  const ndpi = join(folder, 'a.ndpi')
  const png = join(folder, 'b.png')
  const script = `
    import { registerHooks } from 'node:module'
    const [slides, ndpi, png, missing] = process.argv.slice(1)
    registerHooks({ resolve: (name, context, next) => { if (name === missing) throw new Error(); return next(name, context) } })
    const { openSlide } = await import(slides)
    for (const path of [ndpi, png]) {
      const opened = await openSlide(path)
      console.log(JSON.stringify(opened.ok ? 'open' : opened.failure))
    }`

  test.each([
    ['its library', '', join(folder, 'no such library.so'), 'no OpenSlide library was found at'],
    ['the package that calls it', 'koffi', '', 'koffi, through which it is called, is not installed'],
  ])('without %s, its slides are refused with advice, and all others open', async (_, missing, place, why) => {
    writeFileSync(ndpi, 'something')
    writeFileSync(png, await raw(image).png().toBuffer())
    const slides = new URL('../../../electron/slides/index.ts', import.meta.url).href
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, slides, ndpi, png, missing],
      { encoding: 'utf8', env: { ...process.env, KARYON_OPENSLIDE: place } },
    )
    expect(stderr).toBe('')
    const [refused, opened] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(refused).toMatchObject({ kind: 'unsupported', message: says(why) })
    expect(refused).toMatchObject({ message: says('KARYON_OPENSLIDE') })
    expect(opened).toBe('open')
  })
})
