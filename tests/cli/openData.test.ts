import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { classMap, renameClasses, usedClasses } from '../../electron/cli/data/classMap.ts'
import { labelledSlides, needScale, openData } from '../../electron/cli/data/dataSlides.ts'
import { temporaryFolder } from '../support/cli.ts'

const folder = temporaryFolder()
const withScale = join(folder, 'said')
const withoutScale = join(folder, 'unsaid')

/** Writes a COCO folder of two images. Each has one nucleus of every class except the first. */
async function write(path: string, mpp: number | undefined): Promise<void> {
  mkdirSync(join(path, 'images'), { recursive: true })
  const images = [1, 2].map((id) => ({ id, file_name: `x_${id}.png`, width: 40, height: 40, mpp }))
  for (const { file_name: name } of images)
    await sharp({ create: { width: 40, height: 40, channels: 3, background: '#e0c8d8' } })
      .png()
      .toFile(join(path, 'images', name))
  const categories = ['cells', 'Healthy', 'malignant'].map((name, id) => ({ id, name }))
  const box = (image_id: number, category_id: number) => ({ image_id, category_id, bbox: [5, 5, 10, 10] })
  const annotations = [1, 2].flatMap((id) => [box(id, 1), box(id, 2)])
  writeFileSync(join(path, 'coco.json'), JSON.stringify({ categories, images, annotations }))
}
beforeAll(() => Promise.all([write(withScale, 0.25), write(withoutScale, undefined)]))

describe('--mpp', () => {
  it('--mpp applies only to pictures without a scale of their own', async () => {
    const { chosen } = await openData([withScale, withoutScale], { mpp: 0.5 })
    const scales = chosen.flatMap((set) => labelledSlides(set, set.classes).map(({ mpp }) => mpp))
    expect(scales).toEqual([0.25, 0.25, 0.5, 0.5])
  })
  it('--mpp is required if a picture has no scale', async () => {
    const { chosen } = await openData([withoutScale], {})
    expect(() => needScale(chosen[0])).toThrow(/--mpp/)
  })
})

describe('--data-map', () => {
  it('classes are renamed, merged and left out', async () => {
    const { chosen } = await openData([withScale], { dataMap: 'Healthy=epithelial,malignant=epithelial,cells=-' })
    expect(chosen[0].classes).toEqual(['epithelial'])
    expect(chosen[0].images.map(({ classIndex }) => [...classIndex!])).toEqual([
      [0, 0],
      [0, 0],
    ])
    const without = (await openData([withScale], { dataMap: 'malignant=' })).chosen[0]
    expect(without.classes).toEqual(['cells', 'Healthy'])
    expect(labelledSlides(without, ['healthy'])[0]).toMatchObject({
      index: Uint32Array.of(0),
      label: Uint16Array.of(0),
    })
  })
  it('a class name that no data set has is refused', async () => {
    const { chosen } = await openData([withScale], {})
    expect(() => renameClasses(chosen, new Map([['benign', 'x']]))).toThrow(/--data-map must name.*Healthy.*"benign"/)
    await expect(classMap('benign', '--data-map')).rejects.toThrow(/^--data-map must be name=name/)
  })
})

it('a class without nuclei is left out', async () => {
  const [set] = (await openData([withScale], {})).chosen
  expect(usedClasses(set, set.images)).toEqual(['Healthy', 'malignant'])
})
