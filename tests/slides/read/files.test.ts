import { says } from '../../support/messages.ts'
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { unwrap } from '../../../electron/contract/index.ts'
import { openSlide } from '../../../electron/slides/index.ts'
import { isLong } from '../../support/long.ts'
import { openSlideLibraries } from '../../support/openslide.ts'
import {
  failureOf,
  largestDifference,
  picture,
  raw,
  temporaryFolder,
  wholeOf,
  withSlide,
} from '../../support/slides.ts'
import { trestleSlide } from '../../support/trestle.ts'

afterEach(() => vi.restoreAllMocks())
const folder = temporaryFolder()
const image = picture(600, 400)
const slideBytes = (of = image) => raw(of).tiff({ tile: true, compression: 'deflate' }).toBuffer()
const soundPath = join(folder, 'sound.tif')
writeFileSync(soundPath, await slideBytes())

test.each([
  ['Umlaute, 漢字, emoji 🔬 and combining é', 'Präparat 核 🔬 é.tif'],
  ['spaces, quotes and signs', ' a "b" \'c\' #1 100% & [x] (2).tif'],
  ['a name of 250 bytes', `${'n'.repeat(246)}.tif`],
])('a path with %s opens', async (_, name) => {
  const path = join(folder, name)
  copyFileSync(soundPath, path)
  expect(largestDifference(await withSlide(path, wholeOf), image)).toBe(0)
})

test('a path of more than 1,000 characters opens, and one beyond the system’s limit is refused with a sentence', async () => {
  const deep = join(folder, ...Array.from({ length: 8 }, () => 'd'.repeat(140)))
  mkdirSync(deep, { recursive: true })
  copyFileSync(soundPath, join(deep, 'a.tif'))
  expect(await withSlide(join(deep, 'a.tif'), ({ info }) => info.width)).toBe(600)
  const failure = await failureOf(join(folder, 'x'.repeat(5000)))
  expect(failure).toMatchObject({ kind: 'invalid-input', message: says('too long') })
})

test('a link opens what it points to; one that points nowhere says that there is no file', async () => {
  symlinkSync(soundPath, join(folder, 'link.tif'))
  expect(await withSlide(join(folder, 'link.tif'), ({ info }) => info.width)).toBe(600)
  symlinkSync(join(folder, 'gone.tif'), join(folder, 'dangling.tif'))
  expect(await failureOf(join(folder, 'dangling.tif'))).toMatchObject({ kind: 'not-found' })
})

test.skipIf(process.platform === 'win32')(
  'a slide that is removed or replaced while open still shows its old content',
  async () => {
    const path = join(folder, 'replaced.tif')
    copyFileSync(soundPath, path)
    await withSlide(path, async (slide) => {
      writeFileSync(join(folder, 'other.tif'), await slideBytes(picture(300, 300)))
      renameSync(join(folder, 'other.tif'), path)
      expect(largestDifference(await wholeOf(slide), image)).toBe(0)
      rmSync(path)
      await slide.tile(0, 1, 1)
    })
  },
)

/** Makes every read of every file fail as a drive does that went away, until the function it gives is called. */
async function withoutDrive(code: string): Promise<() => void> {
  const handle = await open(soundPath)
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const spy = vi.spyOn(prototype, 'read').mockRejectedValue(Object.assign(new Error(code), { code }))
  return () => spy.mockRestore()
}

test.each(['ESTALE', 'EIO', 'ENOTCONN', 'ETIMEDOUT'])(
  'tiles fail with a sentence while a share is away (%s), and can be read again when it is back',
  async (code) => {
    await withSlide(soundPath, async (slide) => {
      const comeBack = await withoutDrive(code)
      for (const x of [0, 1])
        await expect(slide.tile(0, x, 0)).rejects.toMatchObject({
          failure: { kind: 'away', message: says(/Could not read the slide .+\.$/) },
        })
      comeBack()
      expect(largestDifference(await wholeOf(slide), image)).toBe(0)
    })
  },
)

test('a share that comes back with another file of the same name is reported', async () => {
  const path = join(folder, 'swapped.tif')
  copyFileSync(soundPath, path)
  await withSlide(path, async (slide) => {
    const comeBack = await withoutDrive('EIO')
    await expect(slide.tile(0, 0, 0)).rejects.toThrow()
    comeBack()
    writeFileSync(path, await slideBytes(picture(600, 401)))
    await expect(slide.tile(0, 0, 0)).rejects.toMatchObject({
      failure: { kind: 'unreadable', message: says('replaced') },
    })
  })
})

test.skipIf(process.platform !== 'linux')('many slides opened, refused and closed leave no file open', async () => {
  const openFiles = () => readdirSync('/proc/self/fd').length
  const broken = join(folder, 'broken.tif')
  writeFileSync(broken, 'II*\0 and no more')
  const paths = [soundPath, broken]
  if ((await openSlideLibraries()).length > 0) {
    paths.push(join(folder, 'trestle.tif'))
    writeFileSync(paths[2], trestleSlide(picture(100, 100), 64))
  }
  const round = async () => {
    for (const path of paths) {
      const opened = await openSlide(path)
      if (opened.ok) {
        await opened.value.tile(0, 0, 0)
        await opened.value.close()
      }
    }
  }
  await round()
  const before = openFiles()
  for (let i = 0; i < 200; i++) await round()
  expect(openFiles()).toBeLessThanOrEqual(before + 2)
})

test('reading delays the event loop by at most some milliseconds', async () => {
  const slide = unwrap(await openSlide(soundPath))
  let longest = 0
  let last = performance.now()
  const clock = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 6 }, (_, k) => slide.tile(0, k % 3, Math.floor(k / 3))))
  clearInterval(clock)
  await slide.close()
  // On a crowded machine the test itself waits for its turn.
  expect(longest).toBeLessThan(isLong ? 100 : 1_000)
})
