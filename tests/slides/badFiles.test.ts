import { inEnglish } from '../../electron/contract/index.ts'
import { chmodSync, copyFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSlide } from '../../electron/slides/index.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { failureOf, picture, raw, temporaryFolder, wholeOf, withSlide } from '../support/slides.ts'

const folder = temporaryFolder()
const written = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
/** A sentence for a person: says something, ends, and shows no stack or code. */
const sentence = /^[^\n]{20,}[.]$/

describe('a file that is not a slide is refused with a clear sentence', () => {
  test('a missing file', async () => {
    const failure = await failureOf(join(folder, 'not there.svs'))
    expect(failure).toMatchObject({ kind: 'not-found' })
    expect(failure?.message).toMatch(sentence)
    expect(failure?.message).toContain('not there.svs')
  })

  test('a folder', async () => {
    mkdirSync(join(folder, 'slides.svs'))
    const failure = await failureOf(join(folder, 'slides.svs'))
    expect(failure).toMatchObject({ kind: 'invalid-input' })
    expect(failure?.message).toContain('folder')
  })

  test('an empty file', async () => {
    const failure = await failureOf(written('empty.svs', ''))
    expect(failure).toMatchObject({ kind: 'empty' })
    expect(failure?.message).toMatch(sentence)
  })

  test('a text file named .tif', async () => {
    const failure = await failureOf(written('notes.tif', 'Specimen 12, received on Monday.\n'))
    expect(failure).toMatchObject({ kind: 'unreadable' })
    expect(failure?.message).toMatch(sentence)
    expect(failure?.message).toContain('notes.tif')
  })

  test('a file of the four first bytes of a TIFF', async () => {
    expect(await failureOf(written('short.tif', 'II*\0'))).toMatchObject({ kind: 'unreadable' })
  })

  test('a PNG that ends within its header', async () => {
    const png = await raw(picture(50, 40)).png().toBuffer()
    const failure = await failureOf(written('short.png', png.subarray(0, 20)))
    expect(failure).toMatchObject({ kind: 'unreadable' })
    expect(failure?.message).toMatch(sentence)
  })

  test('a PNG that ends within its pixels (it may open, but reading fails)', async () => {
    const png = await raw(picture(500, 400)).png().toBuffer()
    const path = written('cut.png', png.subarray(0, Math.floor(png.length / 2)))
    const failure = await failureOf(path, wholeOf)
    expect(failure).toMatchObject({ kind: 'unreadable' })
    expect(failure?.message).toMatch(sentence)
  })

  test('a file that may not be read', async () => {
    const path = written('secret.svs', 'II*\0 and so on')
    chmodSync(path, 0)
    // Root may read everything: be nobody for a moment.
    const isRoot = process.getuid?.() === 0
    if (isRoot) chmodSync(folder, 0o755)
    if (isRoot) process.seteuid?.(65534)
    try {
      const failure = await failureOf(path)
      expect(failure).toMatchObject({ kind: 'read-only' })
      expect(failure?.message).toContain('permission')
    } finally {
      if (isRoot) process.seteuid?.(0)
      chmodSync(path, 0o600)
    }
  })

  test.each([0, -1, NaN, Infinity, 1000])('%s as µm/px', async (mpp) => {
    const path = written('scaled.png', await raw(picture(10, 10)).png().toBuffer())
    const opened = await openSlide(path, { mpp })
    expect(opened.ok ? undefined : opened.failure.kind).toBe('invalid-input')
  })
})

test('an image without µm/px opens without a scale, and takes the one the user gives', async () => {
  const path = written('unscaled.png', await raw(picture(30, 20)).png().toBuffer())
  expect(await withSlide(path, (slide) => slide.info.mpp)).toBeNull()
  expect(await withSlide(path, (slide) => slide.info.mpp, { mpp: 0.25 })).toEqual({
    x: 0.25,
    y: 0.25,
    source: 'given by the user',
  })
})

test('a closed slide refuses to be read', async () => {
  const path = written('closed.tif', await raw(picture(300, 300)).tiff({ tile: true }).toBuffer())
  const opened = await openSlide(path)
  if (!opened.ok) throw new Error(inEnglish(opened.failure.message))
  await opened.value.close()
  await opened.value.close()
  await expect(opened.value.tile(0, 0, 0)).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
})

describe.skipIf(!hasData('slides'))('damaged slides', () => {
  const slides = dataFolder('slides')

  test('broken.svs is refused with a clear sentence', async () => {
    const failure = await failureOf(`${slides}/broken.svs`)
    expect(failure).toMatchObject({ kind: 'unreadable' })
    expect(failure?.message).toMatch(sentence)
  })

  const cutShort = (name: string, part: number): string => {
    const path = join(folder, `${part} of ${name}`)
    copyFileSync(`${slides}/${name}`, path)
    chmodSync(path, 0o600)
    truncateSync(path, Math.floor(part * statSync(path).size))
    return path
  }

  test.each([0.0001, 0.01, 0.3, 0.6])(
    'an SVS cut at %s of its length is refused with a clear sentence',
    async (part) => {
      const failure = await failureOf(cutShort('CMU-1-Small-Region.svs', part))
      expect(failure).toMatchObject({ kind: 'unreadable' })
      expect(failure?.message).toMatch(sentence)
      expect(failure?.message).toContain('cut short')
    },
  )

  test.each([0.7, 0.95])(
    'an SVS cut at %s of its length, after its largest level, opens with a notice',
    async (part) => {
      await withSlide(cutShort('CMU-1-Small-Region.svs', part), async (slide) => {
        expect(slide.info).toMatchObject({ width: 2220, height: 2967, mpp: { x: 0.499 } })
        expect((slide.info.notices ?? []).map(inEnglish).join()).toContain('cut short')
        const { data } = await slide.region({ x: 1000, y: 1500, width: 64, height: 64 }, 64, 64)
        expect(new Set(data).size).toBeGreaterThan(50)
      })
    },
  )

  test('a slide cut short while it is open shows the tiles that are left and names those that are gone', async () => {
    const path = cutShort('CMU-1-Small-Region.svs', 1)
    let shown = 0
    let gone = 0
    await withSlide(path, async (slide) => {
      await slide.tile(0, 0, 0)
      truncateSync(path, Math.floor(0.5 * statSync(path).size))
      for (let y = 0; y < 13; y++)
        for (let x = 0; x < 10; x++)
          try {
            await slide.tile(0, x, y)
            shown++
          } catch (error) {
            gone++
            expect(error).toMatchObject({ failure: { kind: 'unreadable' } })
            expect((error as Error).message).toMatch(new RegExp(`tile ${x}, ${y} of level 0`, 'i'))
          }
      const last = { x: 2200, y: 2950, width: 10, height: 10 }
      await expect(slide.region(last, 10, 10)).rejects.toMatchObject({ failure: { kind: 'unreadable' } })
    })
    expect(shown).toBeGreaterThan(50)
    expect(gone).toBeGreaterThan(20)
    expect(shown + gone).toBe(130)
  })
})
