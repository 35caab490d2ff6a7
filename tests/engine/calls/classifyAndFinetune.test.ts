import { says } from '../../support/messages.ts'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  inEnglish,
  type EngineCalls,
  type FinetuneParams,
  type Nuclei,
  type Message,
} from '../../../electron/contract/index.ts'
import { readModelFolder, readModelWeights, readReplay } from '../../../electron/formats/weights/modelFolder.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { random } from '../../../models/nn/random.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { writeColourSlide } from '../../support/colourSlide.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { writeSmallModel, writeTrainedSmallModel } from '../../support/smallModel.ts'

/** The real engine process, with a network small enough for a test. */
const engine = connectEngine()
const folder = temporaryFolder()
const mpp = 0.5
let slide: string
let nuclei: Nuclei
let truth: Uint16Array
let model: string

beforeAll(async () => {
  ;({ slide, nuclei, truth } = await writeColourSlide(folder))
  model = await writeSmallModel(join(folder, 'small'))
})
afterAll(() => engine.close())

async function classify(params: Partial<EngineCalls['classify']['params']> = {}) {
  const said = new Map<number, number[]>()
  const order: number[] = []
  const result = await engine.call(
    'classify',
    { slide, mpp, nuclei, model, ...params },
    {
      onProgress: ({ index, probabilities }) =>
        index.forEach((nucleus, k) => {
          expect(said.has(nucleus)).toBe(false)
          order.push(nucleus)
          said.set(nucleus, [...probabilities.subarray(2 * k, 2 * k + 2)])
        }),
    },
  )
  return { result, said, order }
}
const training = (change: Partial<FinetuneParams> = {}): FinetuneParams => ({
  model,
  out: join(folder, `trained-${Math.random()}`),
  classes: ['purple', 'red'],
  slides: [{ slide, mpp, nuclei, index: Uint32Array.from(truth.keys()), label: truth }],
  method: 'head',
  seed: 1,
  ...change,
})

/** Copies the model with a calibration. */
function calibrate(path: string, scaling: { temperature: number; bias: number[] }): void {
  cpSync(model, path, { recursive: true })
  const file = join(path, 'model.json')
  const fitted = { nuclei: 10, images: 2, expectedCalibrationError: { before: 0.1, after: 0.05 } }
  const calibration = { ...scaling, smoothing: 0, uncertainBelow: 0.6, ...fitted }
  const json = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...json, id: 'calibrated', calibration }))
}

describe('classifying', () => {
  it('gives every nucleus its probabilities once, and they sum to one', async () => {
    const { said, result } = await classify()
    expect(said.size).toBe(nuclei.count)
    expect(result.classes).toEqual(['purple', 'red'])
    for (const row of said.values()) expect(row[0] + row[1]).toBeCloseTo(1, 5)
  })
  it('takes 5,000 nuclei in one crop', async () => {
    const rng = random(1)
    const many = nucleiFromOutlines(
      Array.from({ length: 5000 }, () => {
        const [x, y] = [rng.between(0, 60), rng.between(0, 60)]
        return [x, y, x + 4, y, x + 4, y + 4, x, y + 4]
      }),
      'imported',
    )
    const { said } = await classify({ nuclei: many })
    expect(said.size).toBe(5000)
    for (const row of said.values()) expect(row[0] + row[1]).toBeCloseTo(1, 5)
  })
  it('gives the same from cached tokens, and ignores a cache that does not fit', async () => {
    const tokens = join(folder, 'cache', 'tokens')
    const fresh = await classify({ tokens })
    const cached = await classify({ tokens })
    expect([fresh.result.fromCache, cached.result.fromCache]).toEqual([false, true])
    expect(cached.said.size).toBe(nuclei.count)
    for (const [nucleus, row] of fresh.said) expect(cached.said.get(nucleus)![0]).toBeCloseTo(row[0], 2)
    const other = await writeSmallModel(join(folder, 'other'), ['purple', 'red'], 2)
    expect((await classify({ tokens, model: other })).result.fromCache).toBe(false)
    writeFileSync(tokens, 'damaged')
    expect((await classify({ tokens })).result.fromCache).toBe(false)
  })
  it('gives nearly the same in 8 bits, and 8-bit tokens are never used as full-precision ones', async () => {
    const tokens = join(folder, 'cache', 'int8')
    const full = await classify()
    const fast = await classify({ precision: 'int8', tokens })
    expect(fast.result).toMatchObject({ precision: 'int8', fromCache: false })
    expect(fast.said.size).toBe(nuclei.count)
    for (const [nucleus, row] of full.said) expect(fast.said.get(nucleus)![0]).toBeCloseTo(row[0], 1)
    expect((await classify({ precision: 'int8', tokens })).result).toMatchObject({ precision: 'int8', fromCache: true })
    expect((await classify({ tokens })).result).toMatchObject({ precision: 'float32', fromCache: false })
    const served = await classify({ precision: 'int8', tokens })
    expect(served.result).toMatchObject({ precision: 'float32', fromCache: true })
  })
  it('classifies only the nuclei asked for when a stopped run is resumed', async () => {
    const only = Uint32Array.of(3, 37)
    const { said } = await classify({ only })
    const all = await classify()
    expect([...said.keys()].sort((a, b) => a - b)).toEqual([3, 37])
    for (const [nucleus, row] of said) expect(row[0]).toBeCloseTo(all.said.get(nucleus)![0], 5)
  })
  it('gives calibrated probabilities of a calibrated model, from kept tokens too, and raw ones where asked', async () => {
    const calibrated = join(folder, 'calibrated')
    calibrate(calibrated, { temperature: 3, bias: [0.5, -0.5] })
    const tokens = join(folder, 'cache', 'calibrated')
    const plain = await classify()
    const scaled = await classify({ model: calibrated, tokens })
    const again = await classify({ model: calibrated, tokens })
    const raw = await classify({ model: calibrated, isRaw: true })
    expect(again.result.fromCache).toBe(true)
    for (const [nucleus, row] of plain.said) {
      const wanted = 1 / (1 + Math.exp((Math.log(row[1]) - Math.log(row[0])) / 3 - 1))
      for (const { said } of [scaled, again]) expect(said.get(nucleus)![0]).toBeCloseTo(wanted, 2)
      expect(raw.said.get(nucleus)![0]).toBeCloseTo(row[0], 5)
    }
  })
  it('begins with the part in view', async () => {
    const { order } = await classify({ first: { x: 250, y: 150, width: 50, height: 50 } })
    expect(nuclei.box[4 * order[0]]).toBeGreaterThan(150)
  })
})

describe('trying a head', () => {
  it('gives the classes of a fine-tuned head without writing a model, in whatever order the labels come', async () => {
    const tokens = join(folder, 'cache', 'tried')
    await classify({ tokens })
    const label = truth.map((c) => 1 - c)
    const slides = (order: (i: Uint32Array<ArrayBuffer>) => Uint32Array<ArrayBuffer>) => {
      const index = order(Uint32Array.from(truth.keys()).filter((i) => i % 3 === 0))
      return [{ slide, mpp, nuclei, tokens, index, label: Uint16Array.from(index, (i) => label[i]) }]
    }
    const tried = async (labelled: ReturnType<typeof slides>) => {
      const rows = new Float32Array(2 * nuclei.count)
      const shown = { slide, mpp, nuclei, tokens }
      const params = { model, classes: ['purple', 'red'], labelled, shown, seed: 1 }
      const result = await engine.call('tryHead', params, {
        onProgress: ({ index, probabilities }) => rows.set(probabilities, 2 * index[0]),
      })
      expect(result).toMatchObject({ labelled: labelled[0].index.length, leftOut: 0 })
      return rows
    }
    const rows = await tried(slides((index) => index))
    const { model: tuned } = await engine.call('finetune', training({ slides: slides((index) => index) }))
    const { said } = await classify({ model: tuned, tokens })
    for (const [nucleus, row] of said) expect(rows[2 * nucleus]).toBeCloseTo(row[0], 4)
    const turned = await tried(slides((index) => index.toReversed()))
    turned.forEach((p, k) => expect(p).toBeCloseTo(rows[k], 4))
  })
  it('leaves out labels whose slides have no cached tokens, and is refused for a slide without them', async () => {
    const tokens = join(folder, 'cache', 'tried')
    const [index, label] = [Uint32Array.of(0, 1, 2), Uint16Array.of(0, 1, 0)]
    const cached = { slide, mpp, nuclei, tokens }
    const uncached = { ...cached, tokens: join(folder, 'nothing') }
    const labelled = [
      { ...cached, index, label },
      { ...uncached, index, label },
    ]
    const params = { model, classes: ['purple', 'red'], labelled, shown: cached, seed: 1 }
    expect(await engine.call('tryHead', params)).toMatchObject({ labelled: 3, leftOut: 3 })
    await expect(engine.call('tryHead', { ...params, shown: uncached })).rejects.toThrow(/must be classified/)
  })
})

describe('fine-tuning', () => {
  it('of the classifier head learns swapped classes and writes a new model', async () => {
    const parent = await writeTrainedSmallModel(join(folder, 'taught'))
    const accuracy = async (model: string) => {
      const { said } = await classify({ model })
      return [...said].filter(([i, row]) => (row[1] > row[0] ? 1 : 0) === truth[i]).length / nuclei.count
    }
    expect(await accuracy(parent)).toBeGreaterThan(0.9)
    const turned = Uint16Array.from(truth, (c) => 1 - c)
    const index = Uint32Array.from(truth.keys()).subarray(0, 30)
    const params = training({ model: parent, slides: [{ slide, mpp, nuclei, index, label: turned.subarray(0, 30) }] })
    const result = await engine.call('finetune', params)
    expect(result.lastLoss).toBeLessThan(result.firstLoss / 2)
    expect(await accuracy(params.out)).toBeLessThan(0.1)
    const written = await readModelFolder(params.out)
    expect(written.json.lineage).toEqual(['taught'])
    expect((await readReplay(written))?.labels.length).toBe(30)
  })
  it('of a calibrated model on a few labels hands its calibration on, by class name, and names where it is from', async () => {
    const parent = join(folder, 'calibrated parent')
    calibrate(parent, { temperature: 3, bias: [0.5, -0.5] })
    const label = truth.map((c) => 2 - c)
    const params = training({ model: parent, classes: ['green', 'red', 'purple'] })
    await engine.call('finetune', { ...params, slides: [{ ...params.slides[0], label }] })
    expect((await readModelFolder(params.out)).json.calibration).toMatchObject({
      temperature: 3,
      bias: [0, -0.5, 0.5],
      uncertainBelow: 0.6,
      inheritedFrom: 'calibrated',
    })
  })
  it('of the whole network lowers the loss and leaves the parent as it was', async () => {
    const before = (await readModelFolder(model)).json.weightsHash
    const params = training({ method: 'full', epochs: 24 })
    const result = await engine.call('finetune', params)
    expect(result.lastLoss).toBeLessThan(0.9 * result.firstLoss)
    expect((await readModelFolder(model)).json.weightsHash).toBe(before)
    expect((await readModelFolder(params.out)).json.weightsHash).not.toBe(before)
  })
  it.each(['head', 'full'] as const)(
    'gives the same weights hash for the same labels and seed in two processes (%s)',
    async (method) => {
      const other = connectEngine()
      try {
        const run = (where: typeof engine, seed: number) =>
          where.call('finetune', training({ method, seed, ...(method === 'full' && { epochs: 2 }) }))
        const [a, b] = [await run(engine, 1), await run(other, 1)]
        expect(engine.pid).not.toBe(other.pid)
        expect(a.weightsHash).toBe(b.weightsHash)
        if (method === 'full') expect((await run(other, 2)).weightsHash).not.toBe(a.weightsHash)
      } finally {
        await other.close()
      }
    },
  )
  it.each(['head', 'lora', 'full'] as const)(
    'judges the parent and the new model by labels held out, and learns the same as without them (%s)',
    async (method) => {
      const all = Array.from(truth.keys())
      const slideOf = (index: number[]) => ({
        ...{ slide, mpp, nuclei },
        index: Uint32Array.from(index),
        label: Uint16Array.from(index, (i) => 1 - truth[i]),
      })
      const slides = [slideOf(all.filter((i) => i % 2 === 0))]
      const held = all.filter((i) => i % 2 === 1)
      const parent = join(folder, 'taught for holding out')
      if (!existsSync(parent)) await writeTrainedSmallModel(parent)
      const rest = { model: parent, method, slides, ...(method !== 'head' && { epochs: 4 }) }
      const record = { classes: ['purple', 'red'] }
      const params = training({ ...rest, heldOut: { slides: [slideOf(held)], record } })
      const losses: number[] = []
      const result = await engine.call('finetune', params, {
        onProgress: ({ heldOutLoss }) => heldOutLoss !== undefined && losses.push(heldOutLoss),
      })
      const without = await engine.call('finetune', training(rest))
      expect(without.heldOut).toBeUndefined()
      expect(result.weightsHash).toBe(without.weightsHash)
      const confusionBy = async (model: string) => {
        const { said } = await classify({ model })
        const counts = [0, 0, 0, 0]
        for (const i of held) counts[2 * (1 - truth[i]) + (said.get(i)![1] > said.get(i)![0] ? 1 : 0)]++
        return counts
      }
      expect(result.heldOut).toMatchObject({
        labels: held.length,
        before: { confusion: await confusionBy(parent) },
        after: { confusion: await confusionBy(params.out) },
      })
      // The labels are swapped, so the parent is nearly always wrong, and what is learned shows on the others too.
      expect(result.heldOut?.before?.accuracy?.mean).toBeLessThan(0.2)
      expect(losses.length).toBeGreaterThan(4)
      expect(losses.at(-1)).toBeLessThan(losses[0])
      const { training: written, metric } = (await readModelFolder(params.out)).json
      expect(written.heldOut).toMatchObject({ ...record, labels: held.length })
      expect(metric).toContain(`${held.length} labels held out: accuracy`)
    },
  )
  it('cannot call a nucleus a class that the parent does not know, when it judges the parent', async () => {
    const index = Uint32Array.from(truth.keys())
    const classes = ['green', 'purple', 'red']
    const label = truth.map((c) => c + 1)
    const slides = [{ slide, mpp, nuclei, index, label }]
    const { heldOut } = await engine.call('finetune', training({ classes, slides, heldOut: { slides, record: {} } }))
    expect([0, 1, 2].map((row) => heldOut!.before!.confusion[3 * row])).toEqual([0, 0, 0])
  })
  it('by low-rank updates learns swapped classes and writes an ordinary model that says how it was trained', async () => {
    const parent = await writeTrainedSmallModel(join(folder, 'adapted'))
    const turned = Uint16Array.from(truth, (c) => 1 - c)
    const slides = [{ slide, mpp, nuclei, index: Uint32Array.from(truth.keys()), label: turned }]
    const params = training({ model: parent, method: 'lora', rank: 3, epochs: 6, slides })
    expect((await engine.call('finetune', params)).lastLoss).toBeLessThan(0.1)
    const written = await readModelFolder(params.out)
    expect(written.json.training).toMatchObject({ method: 'lora', rank: 3, alpha: 6 })
    const names = [...(await readModelWeights(written)).keys()]
    expect(names).toEqual([...(await readModelWeights(await readModelFolder(parent))).keys()])
    expect((await classify({ model: params.out })).said.size).toBe(nuclei.count)
  })
  it('works block by block where memory is short, says why, and leaves no temporary file', async () => {
    const notes: (Message | undefined)[] = []
    const params = training({ method: 'full', epochs: 2, memoryMB: 10 })
    const before = readdirSync(folder).length
    const result = await engine.call('finetune', params, {
      onProgress: ({ stage, note }) => stage === 'training' && notes.push(note),
    })
    expect(result.note && inEnglish(result.note)).toMatch(
      /works block by block .+ because all at once it needs about \d+ MB and 10 MB are available/,
    )
    expect(notes).toContainEqual(result.note)
    expect(readdirSync(folder).length).toBe(before + 1)
    expect((await engine.call('finetune', training({ method: 'full', epochs: 2 }))).note).toBeUndefined()
  })
  it('can be cancelled, and leaves no model behind', async () => {
    const stop = new AbortController()
    const params = training({ method: 'full', epochs: 1000 })
    const call = engine.call('finetune', params, {
      signal: stop.signal,
      onProgress: ({ stage }) => stage === 'training' && stop.abort(),
    })
    await expect(call).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    expect(existsSync(params.out)).toBe(false)
  })
  it('survives the engine being killed: the call fails with a sentence, no model is left, and the next call works', async () => {
    const params = training({ method: 'full', epochs: 1000 })
    const call = engine.call('finetune', params, {
      onProgress: ({ stage }) => stage === 'training' && engine.pid && process.kill(engine.pid, 'SIGKILL'),
    })
    await expect(call).rejects.toMatchObject({
      failure: { kind: 'engine', message: says('Labels are safe') },
    })
    expect(existsSync(params.out)).toBe(false)
    expect((await classify()).said.size).toBe(nuclei.count)
  })
})

describe('bad input to the engine', () => {
  const failure = (kind: string, text: string) => ({
    failure: { kind, message: says(text) },
  })
  it('training without labels', () =>
    expect(engine.call('finetune', training({ slides: [] }))).rejects.toMatchObject(
      failure('empty', 'Label some nuclei first'),
    ))
  it('a model folder that is there already', () =>
    expect(engine.call('finetune', training({ out: model }))).rejects.toMatchObject(
      failure('invalid-input', 'exists already'),
    ))
  it('a rank that is not a positive integer', async () => {
    for (const rank of [0, 17, 2.5])
      await expect(engine.call('finetune', training({ method: 'lora', rank }))).rejects.toMatchObject(
        failure('invalid-input', `whole number from 1 to the network's width, 16; got ${rank}`),
      )
  })
  it('low-rank updates of a network that has learned nothing', () =>
    expect(engine.call('finetune', training({ method: 'lora', model: 'preset:tiny' }))).rejects.toMatchObject(
      failure('invalid-input', 'adapt a trained parent model'),
    ))
  it('a model that is not there', () =>
    expect(engine.call('classify', { slide, mpp, nuclei, model: join(folder, 'none') })).rejects.toMatchObject(
      failure('not-found', 'model.json'),
    ))
  it('weights that were edited', async () => {
    const edited = await writeSmallModel(join(folder, 'edited'))
    writeFileSync(join(edited, 'weights.safetensors'), 'x')
    await expect(engine.call('classify', { slide, mpp, nuclei, model: edited })).rejects.toMatchObject(
      failure('unreadable', 'not those that its description names'),
    )
  })
  it('a slide that is gone', () =>
    expect(engine.call('classify', { slide: join(folder, 'gone.png'), mpp, nuclei, model })).rejects.toMatchObject(
      failure('not-found', 'gone.png'),
    ))
  it('leaves nothing half-written', () => {
    rmSync(join(folder, 'edited'), { recursive: true })
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  })
})
