import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { readableParts } from '../../../electron/engine/tokenizer/regions.ts'
import { openDataSet } from '../../../electron/formats/dataSets/index.ts'
import { temporaryFolder } from '../../support/cli.ts'

/** 3100 × 1100 px of glass with tissue on its left 1500 px. */
async function slide() {
  const path = join(temporaryFolder(), 'slide.png')
  const tissue = await sharp({ create: { width: 1500, height: 1100, channels: 3, background: '#a8508c' } })
    .png()
    .toBuffer()
  await sharp({ create: { width: 3100, height: 1100, channels: 3, background: '#f4f3f5' } })
    .composite([{ input: tissue, left: 0, top: 0 }])
    .png()
    .toFile(path)
  const [image] = (await openDataSet(path)).images
  return image
}

test('the regions of a slide that hold tissue are read one by one', async () => {
  const image = await slide()
  expect(await readableParts(image)).toEqual([image])
  const parts = await readableParts(image, 1e6)
  expect(parts.map(({ name, width, height }) => [name, width, height])).toEqual([['slide@0,0', 1033, 1100]])
  const { width, height, data } = await parts[0].pixels()
  expect([width, height, [...data.subarray(0, 3)]]).toEqual([1033, 1100, [0xa8, 0x50, 0x8c]])
})

test('where nuclei are given, the regions that hold some are read, with boxes and classes', async () => {
  const image = await slide()
  const boxes = Float32Array.of(1020, 10, 1060, 30, 2100, 50, 2110, 60)
  const parts = await readableParts({ ...image, boxes, classIndex: Int16Array.of(1, 0) }, 1e6)
  expect(parts.map(({ name }) => name)).toEqual(['slide@1033,0', 'slide@2067,0'])
  expect(parts.map(({ boxes }) => [...boxes])).toEqual([
    [0, 10, 27, 30],
    [33, 50, 43, 60],
  ])
  expect(parts.map(({ classIndex }) => [...classIndex!])).toEqual([[1], [0]])
})

test('glass alone is refused with a sentence', async () => {
  const path = join(temporaryFolder(), 'glass.png')
  await sharp({ create: { width: 1200, height: 1100, channels: 3, background: '#f4f3f5' } })
    .png()
    .toFile(path)
  const [image] = (await openDataSet(path)).images
  await expect(readableParts(image, 1e6)).rejects.toThrow(/No tissue was found/)
})
