import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { asJpeg, tileSide, tissueLike } from '../../../bench/slides/tiles.ts'
import { writeSlide } from '../../../bench/slides/writeSlide.ts'
import { openSlideLibraries, readBy } from '../../support/openslide.ts'
import { decodedBy, largestDifference, temporaryFolder, withSlide } from '../../support/slides.ts'

const folder = temporaryFolder()
const side = 157
const libraries = await openSlideLibraries()

test('a BigTIFF of 40,192² px opens, and all its tiles are in their place', async () => {
  const path = join(folder, 'large.svs')
  const blocks = await Promise.all([1, 2, 3].map((seed) => asJpeg(tissueLike(seed))))
  await writeSlide(path, { columns: side, rows: side, compression: 7, photometric: 6, blocks })
  await withSlide(path, async (slide) => {
    expect(slide.info).toMatchObject({ width: side * tileSide, height: side * tileSide, mpp: { x: 0.5 } })
    for (const [x, y] of [
      [0, 0],
      [80, 31],
      [156, 156],
    ]) {
      const stored = await decodedBy(blocks[(y * 7 + x) % 3])
      expect(largestDifference(await decodedBy((await slide.tile(0, x, y)).bytes), stored)).toBe(0)
      for (const library of libraries) {
        const theirs = await readBy(library, path, x * tileSide, y * tileSide, tileSide, tileSide)
        expect(largestDifference(theirs, stored)).toBe(0)
      }
    }
  })
})

test('karyon bench slides without OpenSlide says what is missing', () => {
  const cli = fileURLToPath(new URL('../../../electron/cli.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'bench', 'slides', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, KARYON_OPENSLIDE: join(folder, 'none.so') },
  })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^karyon: There is nothing to compare with: [^\n]+\.\n$/)
})
