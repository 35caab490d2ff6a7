import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PretrainParams } from '../../../electron/contract/index.ts'
import { writeCheckpoint, type TrainingState } from '../../../electron/engine/train/checkpoint.ts'
import { maskedLayout } from '../../../electron/engine/pretrain/maskedPass.ts'
import { pretrainingKey } from '../../../electron/engine/pretrain/pretrain.ts'
import { pretraining } from '../../../models/train/recipes.ts'
import { memoryArrays } from '../../../electron/engine/train/optimiserState.ts'
import { openTokenizer } from '../../../electron/engine/tokenizer/tokenizers.ts'
import { readModelFolder, readModelWeights } from '../../../electron/formats/weights/modelFolder.ts'
import { connectEngine, type Engine } from '../../../electron/launch/engineClient.ts'
import { findTokenizer } from '../../../electron/launch/tokenizers.ts'
import { layoutOf, type Weights } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { presets } from '../../../models/nucleusVit/config.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'

/** A training that has taken no step. */
const stateOf = (trained: Weights, arrayCount = 2): TrainingState => ({
  trained,
  arrays: memoryArrays(trained.layout.size, arrayCount),
  arrayCount,
  random: random(1),
  step: 0,
  steps: 1,
  firstLoss: 1,
  lastLoss: 1,
})

const targetCounts = {
  patchVocabulary: 512,
  nucleusVocabulary: 512,
  perNucleus: 16,
  measured: 0,
  surroundings: 0,
  views: false,
}

let folder: string
let engine: Engine
let params: PretrainParams

/** A picture of dark discs on a pink ground, and the discs as nuclei. */
async function picture(path: string, seed: number, discs: number) {
  const side = 300
  const rng = random(seed)
  const rgb = new Uint8Array(side * side * 3).map((_, i) => [225, 165, 200][i % 3] + rng.below(20))
  const outlines: number[][] = []
  for (let n = 0; n < discs; n++) {
    const [x, y, r] = [20 + rng.below(side - 40), 20 + rng.below(side - 40), 7 + rng.below(8)]
    outlines.push([x - r, y - r, x + r, y - r, x + r, y + r, x - r, y + r])
    for (let v = y - r; v < y + r; v++)
      for (let u = x - r; u < x + r; u++)
        if (Math.hypot(u - x, v - y) < r)
          rgb.set(
            [95, 60, 140].map((c) => c + rng.below(30)),
            (v * side + u) * 3,
          )
  }
  await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(path)
  return { slide: path, mpp: 0.314, nuclei: nucleiFromOutlines(outlines, 'imported') }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'karyon-pretrain-'))
  engine = connectEngine()
  params = {
    sources: [await picture(join(folder, 'a.png'), 1, 40), await picture(join(folder, 'empty.png'), 2, 0)],
    heldOut: [await picture(join(folder, 'c.png'), 3, 40)],
    model: 'preset:tiny-fine',
    tokenizer: await findTokenizer(),
    losses: ['patches', 'nuclei'],
    length: { steps: 3 },
    seed: 1,
    out: join(folder, 'model'),
    checkpoint: join(folder, 'model.checkpoint'),
  }
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

describe('pre-training', () => {
  it('writes an encoder without classes and with held-out scores, the same for the same seed', async () => {
    const first = await engine.call('pretrain', params)
    expect(first.steps).toBe(3)
    expect(first.heldOut!.patches.tokens).toBeGreaterThan(200)
    expect(first.heldOut!.nuclei!.tokens % 16).toBe(0)
    const { json } = await readModelFolder(first.model)
    expect(json.classes).toEqual([])
    expect(existsSync(params.checkpoint)).toBe(false)
    const again = await engine.call('pretrain', { ...params, out: join(folder, 'again') })
    expect(again.weightsHash).toBe(first.weightsHash)
    const patchesOnly = { ...params, length: { steps: 1 }, losses: ['patches'] as const, out: join(folder, 'patches') }
    const other = await engine.call('pretrain', patchesOnly)
    const moved = async (model: string, name: string) =>
      (await readModelWeights(await readModelFolder(model))).get(name)!.data.some((v) => v !== 0)
    expect(await moved(first.model, 'insta_lm_head.bias')).toBe(true)
    expect(await moved(other.model, 'insta_lm_head.bias')).toBe(false)
    expect(await moved(other.model, 'lm_head.bias')).toBe(true)
    // What lets pixels in stays as the seed made it, whatever is learned above it.
    const layout = maskedLayout(presets['tiny-fine'], targetCounts)
    const begun = initialise(layout, random(params.seed), presets['tiny-fine'])
    const isAsBegun = async (name: string) => {
      const { offset, size } = layout.slot(name)
      const { data } = (await readModelWeights(await readModelFolder(first.model))).get(name)!
      return (
        Buffer.compare(
          Buffer.from(Float32Array.from(data).buffer),
          Buffer.from(begun.slice(offset, offset + size).buffer),
        ) === 0
      )
    }
    expect(await isAsBegun('patch_embed.proj.weight')).toBe(true)
    expect(await isAsBegun('instance_embed.proj.weight')).toBe(true)
    expect(await isAsBegun('blocks.0.attn.qkv.weight')).toBe(false)
  }, 300_000)

  it('gives a model that can be fine-tuned and probed', async () => {
    const { sources } = params
    const { count } = sources[0].nuclei
    const index = Uint32Array.from({ length: count }, (_, i) => i)
    const slides = [{ ...sources[0], index, label: Uint16Array.from(index, (i) => i % 2) }]
    const tuning = {
      model: join(folder, 'model'),
      out: join(folder, 'tuned'),
      classes: ['a', 'b'],
      slides,
      method: 'full' as const,
      epochs: 1,
      seed: 1,
    }
    // The checkpoint of a training that took hours, named by mistake.
    const checkpoint = join(folder, 'other.checkpoint')
    const weights = { layout: layoutOf([]), values: new Float32Array(0) }
    await writeCheckpoint({ path: checkpoint, key: 'another' }, stateOf(weights))
    const before = readFileSync(checkpoint)
    await expect(engine.call('finetune', { ...tuning, checkpoint })).rejects.toThrow(/of another training/)
    const head = { ...tuning, out: join(folder, 'head'), method: 'head' as const, checkpoint }
    await engine.call('finetune', head)
    expect(readFileSync(checkpoint).equals(before)).toBe(true)
    const result = await engine.call('finetune', tuning)
    expect((await readModelFolder(result.model)).json.lineage.length).toBe(1)
  }, 300_000)

  it('accepts tiles with 800 nuclei', async () => {
    const out = join(folder, 'crowded')
    const crowded = await picture(join(folder, 'crowded.png'), 5, 800)
    const result = await engine.call('pretrain', {
      ...params,
      length: { steps: 1 },
      sources: [crowded],
      heldOut: [crowded],
      out,
    })
    expect(Number.isFinite(result.lastLoss)).toBe(true)
    expect(result.heldOut!.nuclei!.tokens).toBeGreaterThan(16 * 300)
  }, 300_000)

  it('holds out a part of its own slides for scoring and does not learn from it', async () => {
    const sources = [await picture(join(folder, 'large.png'), 6, 60), await picture(join(folder, 'other.png'), 7, 60)]
    const out = (name: string) => join(folder, name)
    const short = { ...params, length: { steps: 1 }, sources, heldOut: [] }
    const whole = await engine.call('pretrain', { ...short, out: out('all-of-it') })
    expect(whole.heldOut).toBe(null)
    const part = { ...short, heldOutShare: 0.05, out: out('a-part') }
    const apart = await engine.call('pretrain', part)
    expect(apart.heldOut!.patches.tokens).toBeGreaterThan(200)
    expect(apart.weightsHash).not.toBe(whole.weightsHash)
    const single = { ...part, sources: sources.slice(0, 1), out: out('one-region') }
    expect((await engine.call('pretrain', single)).heldOut).toBe(null)
  }, 300_000)

  it('resumes only with the tokenizer it began with', async () => {
    const out = join(folder, 'tokens')
    const checkpoint = join(folder, 'tokens.checkpoint')
    writeFileSync(checkpoint, readFileSync(join(await findTokenizer(), 'weights.safetensors')))
    await expect(engine.call('pretrain', { ...params, out, checkpoint, resume: true })).rejects.toThrow(
      /must be of the same slides, network, losses, seed and visual tokens/,
    )
    expect(existsSync(checkpoint)).toBe(true)
  })

  it('resumes from a real checkpoint, but not with a tokenizer of the same name and other weights', async () => {
    const out = join(folder, 'resumed')
    const checkpoint = join(folder, 'resumed.checkpoint')
    const built = await openTokenizer(params.tokenizer)
    const config = presets['tiny-fine']
    const recipe = pretraining(config.width)
    const layout = maskedLayout(config, targetCounts)
    const values = initialise(layout, random(1), config)
    const key = pretrainingKey({ ...params, out, checkpoint }, recipe, built)
    const arrayCount = recipe.average > 0 ? 3 : 2
    await writeCheckpoint({ path: checkpoint, key }, { ...stateOf({ layout, values }, arrayCount), step: 2, steps: 3 })

    const other = join(folder, 'retrained', basename(params.tokenizer))
    cpSync(params.tokenizer, other, { recursive: true })
    const weights = readFileSync(join(other, 'weights.safetensors'))
    weights[weights.length - 1] ^= 1
    writeFileSync(join(other, 'weights.safetensors'), weights)
    const json = JSON.parse(readFileSync(join(other, 'tokenizer.json'), 'utf8')) as object
    const weightsHash = createHash('sha256').update(weights).digest('hex')
    writeFileSync(join(other, 'tokenizer.json'), JSON.stringify({ ...json, weightsHash }))

    const resume = { ...params, out, checkpoint, resume: true, heldOut: [] }
    const { id } = await openTokenizer(other)
    expect(id).toBe(built.id)
    await expect(engine.call('pretrain', { ...resume, tokenizer: other })).rejects.toThrow(/visual tokens/)
    expect((await engine.call('pretrain', resume)).steps).toBe(3)
  }, 300_000)

  it('refuses an existing folder, no pictures, a missing tokenizer and an unknown preset', async () => {
    const fails = (change: Partial<PretrainParams>) =>
      expect(engine.call('pretrain', { ...params, out: join(folder, 'no'), ...change })).rejects
    await fails({ out: folder }).toThrow(/exists already/)
    await fails({ sources: [] }).toThrow(/at least one image/)
    await fails({ tokenizer: join(folder, 'nowhere') }).toThrow(/nowhere/)
    await fails({ model: 'preset:huge' }).toThrow(/A preset must be one of/)
    await fails({ sources: [{ ...params.sources[0], slide: join(folder, 'gone.png') }] }).toThrow(/gone\.png/)
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })
})
