import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DetectorSource, TrainDetectorParams, TrainDetectorProgress } from '../../../electron/contract/index.ts'
import { detect } from '../../../electron/engine/detect/detect.ts'
import { openSources } from '../../../electron/engine/detectorTraining/pictures.ts'
import { trainDetector } from '../../../electron/engine/detectorTraining/train.ts'
import { readDetectorFolder } from '../../../electron/formats/weights/detectorFolder.ts'
import { paint } from '../../support/paintNuclei.ts'
import { writeStemModel } from '../../support/stemModel.ts'
import { writeSmallModel } from '../../support/smallModel.ts'

let folder: string
let stem: string
let outlined: string
let dotted: string
const size = 130 // µm

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'karyon-detector-'))
  stem = await writeStemModel(join(folder, 'stem'))
  const nuclei = Array.from({ length: 40 }, (_, i) => ({ x: 12 + 15 * (i % 8), y: 12 + 25 * (i >> 3), rx: 4, ry: 3 }))
  const { width, height, data } = paint(size, size, 0.5, nuclei)
  const picture = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
  const labels = new Uint16Array(width * height)
  nuclei.forEach(({ x, y, rx, ry }, i) => {
    for (let p = 0; p < labels.length; p++)
      if (Math.hypot(((p % width) + 0.5) / 2 / rx - x / rx, (Math.floor(p / width) + 0.5) / 2 / ry - y / ry) < 1)
        labels[p] = i + 1
  })
  outlined = join(folder, 'outlined')
  for (const name of ['images', 'labels']) await mkdir(join(outlined, name), { recursive: true })
  await writeFile(join(outlined, 'images', 'a.png'), picture)
  await sharp(labels, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toFile(join(outlined, 'labels', 'a.png'))
  dotted = join(folder, 'dotted')
  await mkdir(join(dotted, 'images'), { recursive: true })
  await writeFile(join(dotted, 'images', 'a.png'), picture)
  const points = nuclei.map(({ x, y }) => ({ x: 2 * x, y: 2 * y, class: 'any' }))
  const image = { file_name: 'a.png', width, height, mpp: 0.5, points }
  await writeFile(join(dotted, 'points.json'), JSON.stringify({ classes: ['any'], images: [image] }))
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

const context = (told: TrainDetectorProgress[] = []) => ({
  signal: new AbortController().signal,
  breathe: () => Promise.resolve(),
  progress: (progress: TrainDetectorProgress) => void told.push(progress),
})
const train = (out: string, params: Partial<TrainDetectorParams> = {}, told: TrainDetectorProgress[] = []) =>
  trainDetector(
    {
      sources: [
        { data: outlined, mpp: 0.5, share: 1 },
        { data: dotted, share: 1 },
      ],
      ...{ start: { stem }, out: join(folder, out), checkpoint: join(folder, `${out}.checkpoint`), resume: false },
      ...{ length: { steps: 2 }, seed: 1 },
      ...params,
    },
    context(told),
  )

describe('training a detector', () => {
  test('writes a folder that finds nuclei with, and the same one for the same seed', async () => {
    const told: TrainDetectorProgress[] = []
    const first = await train('first', {}, told)
    expect(told.map(({ step, of }) => [step, of])).toEqual([[1, 2], [2, 2]]) // prettier-ignore
    expect(first.crops).toBe(12)
    expect((await train('second')).weightsHash).toBe(first.weightsHash)
    const { json } = await readDetectorFolder(first.detector)
    expect(json.training.sources).toMatchObject([{ share: 1 }, { share: 1 }])
    expect(JSON.stringify(json)).not.toContain(tmpdir())
    // Hardly trained it finds nothing sure, and with a low threshold anything.
    const slide = join(outlined, 'images', 'a.png')
    const found = async (threshold: number) => {
      const pieces: number[] = []
      const progress = ({ nuclei }: { nuclei: { count: number } }) => void pieces.push(nuclei.count)
      const { nuclei } = await detect(
        { slide, mpp: 0.5, detector: first.detector, threshold },
        { ...context(), progress },
      )
      expect(pieces.reduce((a, b) => a + b)).toBe(nuclei)
      return nuclei
    }
    expect(await found(0.9)).toBe(0)
    expect(await found(0.001)).toBeGreaterThan(0)
  }, 120_000)

  test('goes on from a detector that was trained before', async () => {
    const { detector, weightsHash } = await train('onwards', { start: { detector: join(folder, 'first') } })
    expect(weightsHash).not.toBe((await readDetectorFolder(join(folder, 'first'))).json.weightsHash)
    expect((await readDetectorFolder(detector)).json.training.wentOnFrom).toBe('first')
  }, 60_000)

  test('is refused where its folder is there, its stem is none, or nothing is to be learned', async () => {
    await mkdir(join(folder, 'there'))
    await expect(train('there')).rejects.toThrow('exists already')
    await expect(train('none', { length: { steps: 0 } })).rejects.toThrow('at least one step')
    await expect(train('none', { sources: [] })).rejects.toThrow('at least one source')
    const plain = await writeSmallModel(join(folder, 'plain'))
    await expect(train('none', { start: { stem: plain } })).rejects.toThrow('stem.conv.weight')
    await expect(train('none', { resume: true })).rejects.toThrow('must be the checkpoint')
  }, 60_000)

  test('reads pictures at the µm per pixel that was asked for, and keeps it when it goes on', async () => {
    const finer = join(folder, 'finer')
    await train('finer', { mpp: 0.4, length: { steps: 1 } })
    expect((await readDetectorFolder(finer)).json.architecture.mpp).toBe(0.4)
    const [[picture]] = await openSources([{ data: outlined, mpp: 0.5, share: 1 }], 0.4)
    const { width, nuclei } = await picture.read()
    expect([width, nuclei.length]).toEqual([325, 40])
    await train('finer-on', { start: { detector: finer }, length: { steps: 1 } })
    expect((await readDetectorFolder(join(folder, 'finer-on'))).json.architecture.mpp).toBe(0.4)
  })

  test('is refused if the µm per pixel asked for is outside 0.3 to 1', async () => {
    await expect(train('too-coarse', { mpp: 3 })).rejects.toThrow('0.3 to 1 µm per pixel; 3 was asked for')
    await expect(train('too-fine', { mpp: 0.05 })).rejects.toThrow('0.3 to 1 µm per pixel')
  })

  test('needs a scale, which a recipe may give by the nuclei’s size', async () => {
    const read = async (source: Omit<DetectorSource, 'share' | 'data'>) =>
      (await openSources([{ data: outlined, share: 1, ...source }], 0.5))[0][0].read()
    await expect(read({})).rejects.toThrow('must be known')
    const given = await read({ mpp: 0.5 })
    expect([given.width, given.nuclei.length]).toEqual([260, 40])
    // 8 × 6 µm: √48 across.
    const told = await read({ medianDiameter: 2 * Math.sqrt(48) })
    expect(told.width / given.width).toBeCloseTo(2, 1)
  })

  test('takes of a mask whose nuclei merge what looks like one', async () => {
    const [[picture]] = await openSources([{ data: outlined, mpp: 0.5, share: 1, merged: true }], 0.5)
    const { nuclei, clumps } = await picture.read()
    expect(nuclei.length + clumps.length).toBe(40)
    expect(nuclei.length).toBe(40)
  })

  test('reads regions that are said to be empty, and nothing else of their slide', async () => {
    const data = join(outlined, 'images', 'a.png')
    const empty = [{ x: 0, y: 0, width: 210, height: 220 }]
    const [regions] = await openSources([{ data, mpp: 0.5, share: 1, empty }], 0.5)
    const { width, height, nuclei } = await regions[0].read()
    expect([regions.length, width, height, nuclei.length]).toEqual([1, 210, 220, 0])
  })
})

test('a detector’s folder that was changed is refused', async () => {
  const path = join(folder, 'first')
  const file = join(path, 'detector.json')
  const json = JSON.parse(await readFile(file, 'utf8')) as { architecture: { width: number } }
  await writeFile(file, JSON.stringify({ ...json, architecture: { ...json.architecture, width: 47 } }))
  await expect(readDetectorFolder(path)).rejects.toThrow('does not describe')
  await writeFile(join(path, 'weights.safetensors'), 'no')
  await writeFile(file, JSON.stringify(json))
  await expect(readDetectorFolder(path)).rejects.toThrow('edited or damaged')
})
