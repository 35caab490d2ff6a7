import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unwrap, inEnglish } from '../../electron/contract/index.ts'
import { openDataSet } from '../../electron/formats/dataSets/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { fixtureNuclei, npyHeaderBytes, writePanNukeFold } from '../support/panNukeFold.ts'
import { isLong } from '../support/long.ts'
import { temporaryFolder } from './support.ts'

/** A full fold has 2,656 pictures and takes 13 GB of disk. A tenth of it is already more than the memory allowed. */
const pictures = isLong ? 265 : 3

describe('PanNuke', () => {
  test.each([
    ['a fold as distributed', (root: string) => root],
    ['the folder above the folds', (root: string) => join(root, '..')],
    ['the folder with images.npy', (root: string) => join(root, 'images', 'fold2')],
  ])('PanNuke is read from %s', async (_, where) => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 2, fold: 2 })
    const set = await openDataSet(where(root))
    expect(set.format).toBe('PanNuke')
    expect(set.classes).toEqual(['neoplastic', 'inflammatory', 'connective', 'dead', 'epithelial'])
    expect(set.notes.map(inEnglish).join()).toContain('0.25')
    expect(set.images.map(({ name, mpp, width }) => [name, mpp, width])).toEqual([
      ['fold2_0', 0.25, 256],
      ['fold2_1', 0.25, 256],
    ])
  })

  test('every instance of every class channel has its box and outline, even where instances overlap', async () => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 2, form: 'flat' })
    const { images } = await openDataSet(root)
    const image = images[1]
    const placed = fixtureNuclei(1)
    const [first, last] = [placed[0], placed[8]]
    const expected = [
      ...placed.map(({ x, y, channel }) => [channel, x, y, x + 20, y + 20]),
      [last.channel, first.x, first.y, first.x + 10, first.y + 20],
    ].sort((a, b) => a[0] - b[0] || a[2] - b[2] || a[1] - b[1])
    const found = Array.from(image.classIndex!, (c, i) => [c, ...image.boxes.subarray(4 * i, 4 * i + 4)])
    expect(found.sort((a, b) => a[0] - b[0] || a[2] - b[2] || a[1] - b[1])).toEqual(expected)
    const outlines = (await image.outlines())!
    outlines.forEach((ring, i) => {
      const xs = Array.from(ring).filter((_, k) => k % 2 === 0)
      expect([Math.min(...xs), Math.max(...xs)]).toEqual([image.boxes[4 * i], image.boxes[4 * i + 2]])
    })
  })

  test('pictures can be opened like slides, by their number in the stack', async () => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 2, form: 'flat' })
    const { images } = await openDataSet(root)
    const [{ x, y }] = fixtureNuclei(1)
    const { data } = await images[1].pixels()
    expect([...data.subarray(3 * (y * 256 + x), 3 * (y * 256 + x) + 3)]).toEqual([200, 60, 110])
    expect([...data.subarray(0, 3)]).toEqual([235, 235, 235])
    const reader = unwrap(await openSlide(`${root}/images.npy#1`, { mpp: 0.25 }))
    expect(reader.info).toMatchObject({ format: 'NumPy picture stack', width: 256, height: 256 })
    await reader.close()
  })

  test('boxes are cached beside the masks, and found again when the masks change', async () => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 2, form: 'flat' })
    const passes = async () => {
      let seen = 0
      await openDataSet(root, { onProgress: () => seen++ })
      return seen
    }
    expect([await passes(), await passes()]).toEqual([2, 0])
    const index = join(root, 'masks.karyon-index')
    writeFileSync(index, readFileSync(index).subarray(0, 30)) // damaged
    expect(await passes()).toBe(2)
    utimesSync(join(root, 'masks.npy'), new Date(), new Date(1e12))
    expect(await passes()).toBe(2)
  })

  test('a read-only folder can be read', async () => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 1, form: 'flat' })
    rmSync(join(root, 'masks.karyon-index'), { force: true })
    chmodSync(root, 0o555)
    expect((await openDataSet(root)).images.length).toBe(1)
    chmodSync(root, 0o755)
    expect(process.getuid?.() === 0 || !existsSync(join(root, 'masks.karyon-index'))).toBe(true)
  })

  test.each<[string, (root: string) => void, RegExp]>([
    [
      'masks of another number',
      (root) => writePanNukeFold(root, { pictures: 2, masks: 3, form: 'flat' }),
      /has 2 of.*has 3 of/,
    ],
    ['no masks', (root) => rmSync(join(root, 'masks.npy')), /masks\.npy.*no such file/],
    [
      'masks cut short',
      (root) => truncateSync(join(root, 'masks.npy'), statSync(join(root, 'masks.npy')).size - 9),
      /masks\.npy is cut short/,
    ],
    [
      'pictures in Fortran order',
      (root) => writePanNukeFold(root, { pictures: 2, form: 'flat', fortran: true }),
      /Fortran order.*ascontiguousarray/,
    ],
    [
      'masks without their six channels',
      (root) =>
        writeFileSync(join(root, 'masks.npy'), Buffer.concat([npyHeaderBytes('<f8', [2, 2, 2, 5]), Buffer.alloc(320)])),
      /256, 256, 6\]; .*2 × 2 × 2 × 5/,
    ],
    [
      'types of another number',
      (root) => writeFileSync(join(root, 'types.npy'), Buffer.concat([npyHeaderBytes('<U1', [1]), Buffer.alloc(4)])),
      /one tissue type per picture/,
    ],
    [
      'pictures of Python objects',
      (root) => writeFileSync(join(root, 'images.npy'), npyHeaderBytes('|O', [2])),
      /plain numbers, but it holds structures or objects/,
    ],
  ])('a fold with %s is refused with a clear message', async (_, spoil, sentence) => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 2, form: 'flat' })
    spoil(root)
    await expect(openDataSet(root)).rejects.toThrow(sentence)
  })

  test.each([
    ['without a number', 'images.npy', /holds 1 pictures; name one/],
    ['beyond the end', 'images.npy#1', /holds 1 pictures; name one/],
    ['of masks', 'masks.npy#0', /must hold pictures/],
  ])('a picture %s is refused with a clear message', async (_, name, sentence) => {
    const root = writePanNukeFold(temporaryFolder(), { pictures: 1, form: 'flat' })
    const result = await openSlide(join(root, name))
    expect(result.ok ? '' : inEnglish(result.failure.message)).toMatch(sentence)
  })

  test.each([
    ['<f4', 1, (v: number) => Buffer.from(Float32Array.of(v).buffer)],
    ['|u1', 1, (v: number) => Buffer.of(v)],
    ['>u2', 2, (v: number) => Buffer.of(0, v)],
  ] as const)('a stack of %s with header version %i is read', async (type, version, bytes) => {
    const path = join(temporaryFolder(), 'images.npy')
    const values = Array.from({ length: 12 }, (_, i) => 20 * i)
    writeFileSync(path, Buffer.concat([npyHeaderBytes(type, [1, 2, 2, 3], { version }), ...values.map(bytes)]))
    const reader = unwrap(await openSlide(`${path}#0`))
    expect([...(await reader.region({ x: 0, y: 0, width: 2, height: 2 }, 2, 2)).data]).toEqual(values)
    await reader.close()
  })

  test('a fold is streamed: reading all boxes, pictures and outlines takes less than 500 MB', () => {
    const root = writePanNukeFold(temporaryFolder(), { pictures })
    const script = `
      import { openDataSet } from ${JSON.stringify(resolve(import.meta.dirname, '../../electron/formats/dataSets/index.ts'))}
      const { images } = await openDataSet(process.argv[1])
      let nuclei = 0
      for (const image of images) {
        await image.pixels()
        nuclei += (await image.outlines()).length
      }
      console.log(JSON.stringify({ nuclei, megabytes: process.resourceUsage().maxRSS / 1024 }))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, root], {
      encoding: 'utf8',
    })
    expect(stderr).not.toMatch(/Error/)
    const { nuclei, megabytes } = JSON.parse(stdout) as { nuclei: number; megabytes: number }
    console.log(`a fold of ${pictures} pictures: ${megabytes.toFixed(0)} MB at most`)
    expect(nuclei).toBe(10 * pictures)
    expect(megabytes).toBeLessThan(500)
    rmSync(root, { recursive: true })
  }, 3_600_000)
})
