import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { labelledSlides } from '../../electron/cli/data/dataSlides.ts'
import { truthOf } from '../../electron/cli/data/systems.ts'
import { chooseTiles, openDataSet } from '../../electron/formats/dataSets/index.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { temporaryFolder } from './support.ts'

function folderOf(points: unknown): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'images'))
  writeFileSync(join(folder, 'points.json'), typeof points === 'string' ? points : JSON.stringify(points))
  return folder
}
const image = (file_name: string, split: string, points: unknown[]) => ({
  ...{ file_name, width: 100, height: 80, mpp: 0.5, split },
  points,
})
const small = {
  classes: ['lymphocyte', 'stromal'],
  images: [
    image('a.jpg', 'train', [
      { x: 10, y: 20, class: 'stromal' },
      { x: 30, y: 40 },
      { x: 101, y: 3, class: 'stromal' },
    ]),
    image('b.jpg', 'val', [{ x: 1, y: 2, class: 'lymphocyte' }]),
  ],
}

describe('a folder of dots', () => {
  test('dots have positions and classes but no outlines, and dots outside their picture are left out', async () => {
    const { classes, images, skipped } = await openDataSet(folderOf(small))
    expect(classes).toEqual(['lymphocyte', 'stromal'])
    expect([...images[0].centres!]).toEqual([10, 20, 30, 40])
    expect([...images[0].classIndex!]).toEqual([1, -1])
    expect(images[0].boxes.length).toBe(0)
    expect(images[0].outlines()).toBeUndefined()
    expect(skipped).toEqual([{ reason: 'dotOutside', count: 1 }])
  })

  test('pictures can be chosen by split', async () => {
    const { chosen, left } = chooseTiles([await openDataSet(folderOf(small))], 'val')
    expect(chosen[0].images.map(({ name }) => name)).toEqual(['val/b'])
    expect(left[0].images.map(({ name }) => name)).toEqual(['train/a'])
  })

  test('dots are the truth with which detected nuclei are matched', async () => {
    const { images, classes } = await openDataSet(folderOf(small))
    const { centroids, classIndex } = await truthOf(images[0], classes, ['stromal', 'lymphocyte'])
    expect(Array.from(centroids)).toEqual([10, 20, 30, 40])
    expect(Array.from(classIndex)).toEqual([0, -1])
  })

  test('training that needs boxes refuses dots', async () => {
    const set = await openDataSet(folderOf(small))
    expect(() => labelledSlides(set, set.classes)).toThrow('gives dots')
  })

  test('a faulty points.json is refused, and the message says what is wrong', async () => {
    await expect(openDataSet(folderOf('{'))).rejects.toThrow('must be JSON')
    await expect(openDataSet(folderOf({ ...small, images: [{ file_name: 'a' }] }))).rejects.toThrow(/images\.0\.width/)
  })

  test.skipIf(!hasData('brca-m2c'))(
    'BRCA-M2C is read with 90 pictures, 21,780 dots and 10 pictures for validation',
    async () => {
      const set = await openDataSet(dataFolder('brca-m2c'))
      expect(set.images.length).toBe(90)
      expect(set.images.reduce((n, { centres }) => n + centres!.length / 2, 0)).toBe(21_780)
      expect(chooseTiles([set], 'val').chosen[0].images.length).toBe(10)
    },
  )
})
