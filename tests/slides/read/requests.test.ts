import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RgbImage } from '../../../electron/contract/index.ts'
import { createReader } from '../../../electron/slides/read/pyramid.ts'
import type { SlideSource } from '../../../electron/slides/source/source.ts'
import { openSlide } from '../../../electron/slides/index.ts'
import { unwrap } from '../../../electron/contract/index.ts'
import { picture, raw, temporaryFolder } from '../../support/slides.ts'

const folder = temporaryFolder()

/** A slide whose tiles take their time: it tells which were begun, and lets them end. */
function slowSlide() {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const source: SlideSource = {
    format: 'slow',
    reader: 'test',
    mpp: null,
    levels: [
      {
        width: 6400,
        height: 64,
        tileWidth: 64,
        tileHeight: 64,
        decode: (x, y) =>
          new Promise<RgbImage>((resolve) => {
            begun.push(`${x},${y}`)
            ends.push(() => resolve({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) }))
          }),
      },
    ],
    close: () => Promise.resolve(),
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5))
  return {
    slide: createReader(source, null),
    begun,
    settle,
    /** Lets all that has begun and will begin end. */
    async finish() {
      for (let i = 0; i < 50; i++) {
        for (const end of ends.splice(0)) end()
        await settle()
      }
    },
  }
}
const cancelled = { failure: { kind: 'cancelled' } }

describe('a cancelled request', () => {
  test('is not started if it was still waiting, and the others go on', async () => {
    const { slide, begun, settle, finish } = slowSlide()
    const view = new AbortController()
    const left = Promise.allSettled(Array.from({ length: 40 }, (_, x) => slide.tile(0, x, 0, view.signal)))
    await settle()
    const running = begun.length
    expect(running).toBeLessThan(20)
    view.abort()
    const wanted = slide.tile(0, 90, 0)
    await finish()
    await wanted
    for (const result of await left)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(cancelled)
      else expect.fail('a tile was given though nobody waited')
    expect(begun).toHaveLength(running + 1)
    expect(begun).toContain('90,0')
  })

  test('fails at once, even while its tile is being decoded', async () => {
    const { slide, settle, finish } = slowSlide()
    const view = new AbortController()
    const tile = slide.tile(0, 3, 0, view.signal)
    await settle()
    view.abort()
    await expect(tile).rejects.toMatchObject(cancelled)
    await finish()
  })

  test('does not cancel another request for the same tile', async () => {
    const { slide, begun, settle, finish } = slowSlide()
    const view = new AbortController()
    const blockers = Array.from({ length: 8 }, (_, x) => slide.tile(0, x, 0))
    const mine = slide.tile(0, 50, 0, view.signal)
    const theirs = slide.tile(0, 50, 0)
    view.abort()
    await expect(mine).rejects.toMatchObject(cancelled)
    await settle()
    await finish()
    await Promise.all([...blockers, theirs])
    expect(begun.filter((tile) => tile === '50,0')).toHaveLength(1)
  })

  test('can be repeated', async () => {
    const { slide, finish } = slowSlide()
    const view = new AbortController()
    const blockers = Array.from({ length: 8 }, (_, x) => slide.tile(0, x, 0))
    const first = slide.region({ x: 3200, y: 0, width: 64, height: 64 }, 64, 64, view.signal)
    view.abort()
    await expect(first).rejects.toMatchObject(cancelled)
    const again = slide.region({ x: 3200, y: 0, width: 64, height: 64 }, 64, 64)
    await finish()
    await Promise.all(blockers)
    expect((await again).width).toBe(64)
  })

  test('fails also when it was cancelled beforehand', async () => {
    const path = join(folder, 'a.tif')
    writeFileSync(path, await raw(picture(300, 300)).tiff({ tile: true }).toBuffer())
    const slide = unwrap(await openSlide(path))
    await expect(slide.tile(0, 0, 0, AbortSignal.abort())).rejects.toMatchObject(cancelled)
    await expect(slide.region({ x: 0, y: 0, width: 9, height: 9 }, 9, 9, AbortSignal.abort())).rejects.toMatchObject(
      cancelled,
    )
    await slide.close()
  })
})
