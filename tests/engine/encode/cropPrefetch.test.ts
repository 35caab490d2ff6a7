import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { unwrap } from '../../../electron/contract/index.ts'
import type { CropJob } from '../../../electron/engine/encode/cropWorker.ts'
import { readCrops, type ReadCrop } from '../../../electron/engine/encode/cropReader.ts'
import { prefetchedCrops, type LentCrop } from '../../../electron/engine/encode/cropPrefetch.ts'
import { openSlide } from '../../../electron/slides/index.ts'
import { random } from '../../../models/nn/random.ts'
import { smallConfig } from '../../support/colourNuclei.ts'
import { temporaryFolder } from '../../support/cli.ts'

const side = 6 * smallConfig.imageSize
const rng = random(1)
const noise = Uint8Array.from({ length: side * side * 3 }, () => rng.below(256))
const slide = join(temporaryFolder(), 'slide.tif')
await sharp(noise, { raw: { width: side, height: side, channels: 3 } })
  .tiff({ tile: true, tileWidth: 64, tileHeight: 64, compression: 'jpeg' })
  .toFile(slide)
const boxes = new Float64Array(4 * 120)
for (let i = 0; i < boxes.length; i += 4) {
  const [x, y] = [rng.below(side - 20), rng.below(side - 20)]
  boxes.set([x, y, x + 8 + rng.below(10), y + 8 + rng.below(10)], i)
}
const job: CropJob = { slide, mpp: 0.25, boxes, config: smallConfig, modelMpp: 0.3 }

/** Copies of all crops, and the message of the failure they ended with. */
async function all(crops: AsyncIterable<ReadCrop | LentCrop>) {
  const seen: unknown[] = []
  let failure = ''
  try {
    for await (const read of crops) {
      const { crop, feeds, of } = read
      seen.push(structuredClone({ crop, feeds, of }))
      if ('giveBack' in read) read.giveBack(feeds)
    }
  } catch (error) {
    failure = (error as Error).message
  }
  return { seen, failure }
}

/** The same crops read in this thread, each with memory of its own. */
async function* readHere({ slide, mpp, boxes, config, modelMpp }: CropJob) {
  const reader = unwrap(await openSlide(slide, { mpp }))
  yield* readCrops(reader, boxes, config, { slideMpp: mpp, modelMpp })
  await reader.close()
}

describe('crops prefetched by a thread', () => {
  it('equal the crops read in this thread, in the same order, although their memory is reused', async () => {
    const [ahead, here] = [await all(prefetchedCrops(job)), await all(readHere(job))]
    expect(here.seen.length).toBeGreaterThan(9)
    expect(ahead).toEqual({ ...here, failure: '' })
  })

  it('stop at a damaged tile, naming it, after the crops before it', async () => {
    const bytes = readFileSync(slide)
    const streams: number[] = []
    for (let at = bytes.indexOf('ffd8', 0, 'hex'); at >= 0; at = bytes.indexOf('ffd8', at + 2, 'hex')) streams.push(at)
    bytes.fill(0, streams[Math.floor(streams.length * 0.6)], streams[Math.floor(streams.length * 0.6)] + 16)
    const damaged = join(temporaryFolder(), 'damaged.tif')
    writeFileSync(damaged, bytes)
    const [ahead, here] = [
      await all(prefetchedCrops({ ...job, slide: damaged })),
      await all(readHere({ ...job, slide: damaged })),
    ]
    expect(ahead.failure).toMatch(/Tile \d+, \d+ of level 0 of damaged.tif/)
    expect(ahead.failure).toBe(here.failure)
    expect(ahead.seen.length).toBeGreaterThan(0)
    expect(ahead.seen).toEqual(here.seen)
  })

  it('stop when the caller stops', async () => {
    let read = 0
    for await (const { of } of prefetchedCrops(job)) {
      expect(of).toBeGreaterThan(9)
      if (++read === 2) break
    }
    expect(read).toBe(2)
  })

  it('fail with the name of a slide that is not there', async () => {
    const { failure } = await all(prefetchedCrops({ ...job, slide: join(temporaryFolder(), 'gone.svs') }))
    expect(failure).toContain('gone.svs')
  })
})
