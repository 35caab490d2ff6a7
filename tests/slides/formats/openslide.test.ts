import { says } from '../../support/messages.ts'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { FailureError } from '../../../electron/contract/index.ts'
import { openWithOpenSlide } from '../../../electron/slides/openslide/source.ts'
import { startOpenSlide, type OpenSlideProcess } from '../../../electron/slides/openslide/startProcess.ts'
import { createReader } from '../../../electron/slides/read/pyramid.ts'
import { largestDifference, picture, raw, temporaryFolder, wholeOf, withSlide } from '../../support/slides.ts'
import { trestleSlide } from '../../support/trestle.ts'

const folder = temporaryFolder()
const image = picture(300, 200)
const path = join(folder, 'Präparat 核 (1).tif')
writeFileSync(path, trestleSlide(image, 64))
/** Places of OpenSlide libraries: where Karyon looks, and with KARYON_OPENSLIDE_4 another one. */
const places: string[] = []
for (const place of [process.env.KARYON_OPENSLIDE ?? '', process.env.KARYON_OPENSLIDE_4])
  if (place !== undefined && (await canStart(place))) places.push(place)
if (places.length === 0)
  process.stderr.write('Skipped: tests of OpenSlide, which is not on this machine (package libopenslide0).\n')

async function canStart(place: string): Promise<boolean> {
  const started = await startOpenSlide(place)
  if ('missing' in started) return false
  await started.end()
  return true
}

describe.each(places)('OpenSlide %s', (place) => {
  const start = async (): Promise<OpenSlideProcess> => {
    const started = await startOpenSlide(place)
    if ('missing' in started) throw new Error('OpenSlide was here a moment ago.')
    return started
  }
  const open = async (path: string, own?: OpenSlideProcess) =>
    createReader(await openWithOpenSlide(own ?? (await start()), path, start), null)

  test('gives size, pixels and picture list of a slide that only it reads', async () => {
    const own = await start()
    const slide = await open(path, own)
    expect(slide.info).toMatchObject({ format: 'trestle slide', width: 300, height: 200 })
    expect(slide.info.reader).toBe(`OpenSlide ${own.version}`)
    expect(largestDifference(await wholeOf(slide), image)).toBe(0)
    await slide.close()
    await vi.waitUntil(() => !isRunning(own.pid))
    await expect(wholeOf(slide)).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })

  test('can be closed while it reads: every read ends, with its tile or as cancelled', async () => {
    const outcomes = new Set<unknown>()
    for (let i = 0; i < 20; i++) {
      const slide = await open(path)
      const reads = Promise.allSettled(Array.from({ length: 6 }, (_, k) => slide.tile(0, k % 2, 0)))
      await slide.close()
      for (const result of await reads)
        outcomes.add(result.status === 'fulfilled' ? 'tile' : (result.reason as FailureError).failure.kind)
    }
    expect([...outcomes].filter((outcome) => outcome !== 'tile')).toEqual(['cancelled'])
  })

  test('a damaged slide fails by name and can be read again once it is whole', async () => {
    const damaged = join(folder, `damaged ${places.indexOf(place)}.tif`)
    const sound = trestleSlide(image, 64)
    writeFileSync(damaged, sound)
    const slide = await open(damaged)
    writeFileSync(damaged, sound.subarray(0, 100))
    await expect(slide.tile(0, 1, 0)).rejects.toMatchObject({
      failure: {
        kind: 'unreadable',
        message: says(/^Tile 1, 0 of level 0 of damaged .*\.$/),
      },
    })
    writeFileSync(damaged, sound)
    expect(largestDifference(await wholeOf(slide), image)).toBe(0)
    await slide.close()
  })

  test('is killed while tiles are read: these fail in words, and the next read has the right pixels', async () => {
    const own = await start()
    const [slide, other] = [await open(path, own), await open(path)]
    const reads = Promise.allSettled([slide.tile(0, 0, 0), slide.tile(0, 1, 0)])
    process.kill(own.pid, 'SIGKILL')
    for (const result of await reads)
      expect(result).toMatchObject({ status: 'rejected', reason: { failure: { kind: 'engine' } } })
    expect(largestDifference(await wholeOf(slide), image)).toBe(0)
    expect(largestDifference(await wholeOf(other), image)).toBe(0)
    await Promise.all([slide.close(), other.close()])
  })

  test('a slide that was replaced by another before its process starts again is refused', async () => {
    const place = join(folder, 'replaced.tif')
    writeFileSync(place, trestleSlide(image, 64))
    const own = await start()
    const slide = await open(place, own)
    writeFileSync(place, trestleSlide(picture(310, 200), 64))
    process.kill(own.pid, 'SIGKILL')
    await vi.waitUntil(() => own.isEnded)
    await expect(slide.tile(0, 0, 0)).rejects.toMatchObject({ failure: { message: { key: 'slideReplaced' } } })
    await slide.close()
  })

  test('a program that does not close its slide ends as usual', () => {
    const slides = new URL('../../../electron/slides/index.ts', import.meta.url).href
    const script = `
      const { openSlide } = await import(${JSON.stringify(slides)})
      const opened = await openSlide(process.argv[1])
      await opened.value.tile(0, 0, 0)
      console.log(opened.value.info.reader)`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], {
      encoding: 'utf8',
      env: { ...process.env, KARYON_OPENSLIDE: place },
      timeout: 60_000,
    })
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^OpenSlide [34]/)])
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.skipIf(!places.includes(process.env.KARYON_OPENSLIDE ?? ''))('a slide that only OpenSlide reads', () => {
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
    const [slides, ndpi, png] = process.argv.slice(1)
    const { openSlide } = await import(slides)
    for (const path of [ndpi, png]) {
      const opened = await openSlide(path)
      console.log(JSON.stringify(opened.ok ? 'open' : opened.failure))
    }`
  /** Has this process and those that it starts find no package of that name. */
  const without = (missing: string) =>
    `--import=data:text/javascript,${encodeURIComponent(`
      import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => { if (name === '${missing}') throw new Error(); return next(name, context) } })`)}`

  test.each([
    ['its library', '', join(folder, 'no such library.so'), 'no OpenSlide library was found at'],
    ['the package that calls it', 'koffi', '', 'koffi, through which it is called, is not installed'],
  ])('without %s, its slides are refused with advice, and all others open', async (_, missing, place, why) => {
    writeFileSync(ndpi, 'something')
    writeFileSync(png, await raw(image).png().toBuffer())
    const slides = new URL('../../../electron/slides/index.ts', import.meta.url).href
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, slides, ndpi, png], {
      encoding: 'utf8',
      env: { ...process.env, KARYON_OPENSLIDE: place, NODE_OPTIONS: without(missing) },
    })
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
