import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import sharp from 'sharp'
import { describe, expect, it, vi } from 'vitest'
import type { CropJob } from '../../../electron/engine/encode/cropWorker.ts'
import { encodedCrops } from '../../../electron/engine/encode/encodedCrops.ts'
import { inside, laneGate } from '../../../electron/engine/runtime/exitGate.ts'
import { laneEncoder } from '../../../electron/engine/encode/encoderPool.ts'
import { encoderOf, type Encoder } from '../../../electron/engine/encode/encoder.ts'
import { random } from '../../../models/nn/random.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { smallConfig as config } from '../../support/colourNuclei.ts'
import { temporaryFolder } from '../../support/cli.ts'

process.env.KARYON_PROVIDER = 'cpu'
const layout = classifierLayout(config, 2)
const network = { config, classes: ['a', 'b'], layout, values: initialise(layout, random(1), config) }

const side = 6 * config.imageSize
const rng = random(1)
const slide = join(temporaryFolder(), 'slide.png')
await sharp(
  Uint8Array.from({ length: side * side * 3 }, () => rng.below(256)),
  {
    raw: { width: side, height: side, channels: 3 },
  },
).toFile(slide)
const boxes = new Float64Array(4 * 120)
for (let i = 0; i < boxes.length; i += 4) {
  const [x, y] = [rng.below(side - 20), rng.below(side - 20)]
  boxes.set([x, y, x + 8 + rng.below(10), y + 8 + rng.below(10)], i)
}
const job: CropJob = { slide, mpp: 0.25, boxes, config, modelMpp: 0.25 }

async function allTokens(encoder: Encoder) {
  const seen: { members: readonly number[]; tokens: number[] }[] = []
  for await (const { crop, tokens } of encodedCrops(job, encoder))
    seen.push({ members: [...crop.members], tokens: [...tokens] })
  return seen
}

describe('the exit gate', () => {
  it('closes once every running crop is done, and admits none afterwards', async () => {
    const gate = laneGate(1)
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const works = [first, second].map(({ promise }) => inside(gate, 0, () => promise))
    let isClosed = false
    const closing = new Worker(new URL('../../support/closesGate.ts', import.meta.url), { workerData: gate })
    closing.once('message', () => (isClosed = true))
    while (gate.numbers[0] === 0) await sleep(5) // until it is ending
    first.resolve()
    await works[0]
    await sleep(200)
    expect(isClosed).toBe(false)
    second.resolve()
    await works[1]
    await vi.waitFor(() => expect(isClosed).toBe(true))
    const late = inside(gate, 0, () => Promise.resolve('inside'))
    expect(await Promise.race([late, sleep(100).then(() => 'outside')])).toBe('outside')
  })
})

describe('crops encoded in parallel', () => {
  it('have the same tokens, in the same order, as crops encoded one after another', async () => {
    const [one, several] = [await encoderOf(network), laneEncoder(network, 'float32', 2, 2)]
    const [expected, found] = [await allTokens(one), await allTokens(several)]
    several.close()
    expect(expected.length).toBeGreaterThan(9)
    expect(found.map(({ members }) => members)).toEqual(expected.map(({ members }) => members))
    found.forEach(({ tokens }, i) =>
      tokens.forEach((v, k) => {
        expect(v).toBeCloseTo(expected[i].tokens[k], 5)
      }),
    )
  })

  it('can be abandoned halfway, and the next pass is complete', async () => {
    const encoder = laneEncoder(network, 'float32', 2, 2)
    for await (const { of } of encodedCrops(job, encoder)) {
      expect(of).toBeGreaterThan(9)
      break
    }
    const [expected, found] = [await allTokens(await encoderOf(network)), await allTokens(encoder)]
    expect(found.length).toBe(expected.length)
    encoder.close()
  })

  it('report onnxruntime’s message for a crop that cannot be encoded, and encode the others', async () => {
    const encoder = laneEncoder(network, 'float32', 2, 2)
    const feeds = () => cropEncoder(config).encode(new Uint8Array(3 * config.imageSize ** 2), [2, 3, 20, 24])
    const broken = { ...feeds(), nucleus_positions: new Float32Array(3) }
    const outcomes = await Promise.allSettled([encoder.run(feeds()), encoder.run(broken), encoder.run(feeds())])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(String((outcomes[1] as PromiseRejectedResult).reason)).toContain('nucleus_positions')
    encoder.close()
  })

  it('do not crash a process that exits meanwhile', () => {
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('../../support/endsInMidRun.ts', import.meta.url))],
      { encoding: 'utf8', env: { ...process.env, KARYON_PROVIDER: 'cpu' } },
    )
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  })
})
