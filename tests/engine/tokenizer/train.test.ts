import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { stepsOfCheckpoint } from '../../../electron/engine/train/checkpoint.ts'
import { showTokenizer } from '../../../electron/engine/tokenizer/inspect.ts'
import type { TokenizerImage } from '../../../electron/engine/tokenizer/sampler.ts'
import { initialTokenizer, tokenizerLayout } from '../../../electron/engine/tokenizer/step.ts'
import {
  runTokenizerTraining,
  tokenizerRecipe,
  type TokenizerTraining,
} from '../../../electron/engine/tokenizer/trainingRun.ts'
import { openTokenizer } from '../../../electron/engine/tokenizer/tokenizers.ts'
import { trainTokenizer } from '../../../electron/engine/tokenizer/train.ts'
import { findTokenizer } from '../../../electron/launch/tokenizers.ts'
import type { StainTokenizerConfig } from '../../../models/tokenizer/stainTokenizer.ts'
import { random } from '../../../models/nn/random.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { isLong } from '../../support/long.ts'
import { dataFolder, hasData } from '../../support/data.ts'

const small: StainTokenizerConfig = {
  widths: [8, 16, 24],
  blocks: 1,
  codeWidth: 8,
  vocabulary: 64,
}

/** Purple blobs on pink, another picture for each seed. */
function blobs(seed: number, side = 160): Uint8Array {
  const rng = random(seed)
  const rgb = new Uint8Array(side * side * 3)
  for (let i = 0; i < rgb.length; i++) rgb[i] = [235, 180, 205][i % 3] + 12 * rng.normal()
  for (let n = 0; n < 30; n++) {
    const [cx, cy, r] = [rng.below(side), rng.below(side), rng.between(5, 12)]
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) if (Math.hypot(x - cx, y - cy) < r) rgb.set([95, 60, 140], 3 * (y * side + x))
  }
  return rgb
}
const pictures: TokenizerImage[] = [1, 2, 3].map((seed) => {
  const data = blobs(seed)
  return {
    name: String(seed),
    boxes: new Float32Array(0),
    pixels: () => Promise.resolve({ width: 160, height: 160, data }),
  }
})

async function train(change: Partial<TokenizerTraining> & { steps: number; seed: number }) {
  const { steps, seed, ...rest } = change
  const rng = random(seed)
  const layout = tokenizerLayout(small)
  const values = initialTokenizer(layout, rng)
  const job = { config: small, layout, values, sets: [pictures], random: rng, onStep: () => Promise.resolve() }
  const recipe = { ...tokenizerRecipe, steps, peakRate: 3e-3, windowSteps: 4 }
  return { ...(await runTokenizerTraining({ ...job, recipe, ...rest })), values }
}

describe('training a tokenizer', () => {
  it('uses as many different tokens as it is told to, from the same vocabulary', async () => {
    const perplexityOf = async (config: StainTokenizerConfig) => {
      const layout = tokenizerLayout(config)
      const values = initialTokenizer(layout, random(1))
      await train({ steps: 130, seed: 1, config, layout, values })
      const { offset, size } = layout.slot('log_share')
      const shares = values.subarray(offset, offset + size).map(Math.exp)
      return Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0))
    }
    const [few, many] = [
      await perplexityOf({ ...small, perplexity: 6 }),
      await perplexityOf({ ...small, perplexity: 30 }),
    ]
    expect(few).toBeLessThan(12)
    expect(many).toBeGreaterThan(20)
  })

  it('gives the same weights for the same seed and different ones for another', async () => {
    const [a, b, c] = [
      await train({ steps: 4, seed: 1 }),
      await train({ steps: 4, seed: 1 }),
      await train({ steps: 4, seed: 2 }),
    ]
    expect(b.values).toEqual(a.values)
    expect(c.values).not.toEqual(a.values)
  })

  /** The onStep of a run that is broken off after `last` steps. */
  const breakOff =
    (last: number) =>
    ({ step }: { step: number }) =>
      step < last ? Promise.resolve() : Promise.reject(new Error('broken off'))

  it('resumes from its checkpoint and ends with the weights of an uninterrupted training', async () => {
    const whole = await train({ steps: 12, seed: 1 })
    const checkpoint = { path: join(temporaryFolder(), 'tokenizer.checkpoint'), key: 'job', everySeconds: 0 }
    await expect(train({ steps: 12, seed: 1, checkpoint, onStep: breakOff(10) })).rejects.toThrow('broken off')
    expect(await stepsOfCheckpoint(checkpoint)).toBe(12)
    const steps: number[] = []
    const onStep = ({ step }: { step: number }) => Promise.resolve(void steps.push(step))
    const resumed = await train({ steps: 12, seed: 1, checkpoint, resume: true, onStep })
    expect(steps).toEqual([9, 10, 11, 12]) // from the last move of the codebook
    expect(resumed.values).toEqual(whole.values)
  })

  it('does not resume without a checkpoint of the same job', async () => {
    const checkpoint = { path: join(temporaryFolder(), 'tokenizer.checkpoint'), key: 'job', everySeconds: 0 }
    await expect(train({ steps: 4, seed: 1, checkpoint, resume: true })).rejects.toThrow(/missing or of another/)
    await expect(train({ steps: 8, seed: 1, checkpoint, onStep: breakOff(6) })).rejects.toThrow('broken off')
    const other = { ...checkpoint, key: 'another job' }
    await expect(train({ steps: 8, seed: 1, checkpoint: other, resume: true })).rejects.toThrow(/missing or of another/)
  })
})

const context = { progress: () => undefined, signal: new AbortController().signal, breathe: () => Promise.resolve() }

describe.skipIf(!isLong || !hasData('consep/train'))('a tokenizer trained on two real tiles', () => {
  it('reconstructs a third tile better than plain grey and uses more than half of its codes', async () => {
    const out = join(temporaryFolder(), 'real')
    const data = [dataFolder('consep/train')]
    const job = {
      data,
      tiles: '1,2',
      out,
      checkpoint: `${out}.checkpoint`,
      resume: false,
      vocabulary: 64,
      stains: 'picture' as const,
      length: { steps: 60 },
      seed: 1,
    }
    const { firstError, lastError } = await trainTokenizer(job, context)
    expect(lastError).toBeLessThan(0.8 * firstError)
    const shown = await showTokenizer(
      { tokenizer: out, data, tiles: '9', out: temporaryFolder(), pictures: 0, seed: 1 },
      context,
    )
    expect(shown.error).toBeLessThan(0.85)
    expect(shown.crops.share).toBeGreaterThan(0.5)
    expect(shown.nuclei?.share).toBeGreaterThan(0.5)
    expect(shown.classes).toBeNull() // one image leaves nothing to learn from
  })
})

describe.skipIf(!hasData('consep/train'))('the built-in tokenizer', () => {
  it('reconstructs unseen tiles well, with the most varied tokens on nuclei', async () => {
    const data = [dataFolder('consep/train')]
    const job = { tokenizer: await findTokenizer(), data, tiles: '3,8', out: temporaryFolder(), pictures: 0, seed: 1 }
    const shown = await showTokenizer(job, context)
    expect(shown).toMatchObject({ tokenizer: 'he-64of512', vocabulary: 512, images: 2 })
    expect(shown.error).toBeLessThan(0.4)
    expect(shown.crops.perplexity).toBeGreaterThan(16)
    expect(shown.nuclei?.perplexity).toBeGreaterThan(shown.crops.perplexity)
    expect(shown.nuclei?.perplexity).toBeLessThan(128)
    expect(shown.nearestVisible).toBeLessThan(0.2)
  })
})

describe('a tokenizer folder made from pictures', () => {
  const folder = temporaryFolder()
  const data = join(folder, 'pictures')
  const out = join(folder, 'small')
  const job = {
    data: [data],
    out,
    checkpoint: `${out}.checkpoint`,
    resume: false,
    vocabulary: 48,
    stains: 'picture' as const,
    length: { steps: 10 },
    seed: 1,
  }

  beforeAll(async () => {
    mkdirSync(data)
    for (const seed of [1, 2, 3])
      await sharp(blobs(seed), { raw: { width: 160, height: 160, channels: 3 } })
        .png()
        .toFile(join(data, `${seed}.png`))
    const result = await trainTokenizer(job, context)
    expect(result).toMatchObject({ tokenizer: out, steps: 10 })
    expect(result.lastError).toBeLessThan(result.firstError)
  })

  it('states its vocabulary and gives the same tokens each time, whatever else is in the batch', async () => {
    const [one, other] = [await openTokenizer(out), await openTokenizer(out)]
    expect([one.id, one.vocabulary]).toEqual(['small', 48])
    const rgb = blobs(4)
    const tokens = await one.tokens(rgb, 160, 1)
    expect(tokens).toHaveLength(400)
    expect(tokens.every((token) => token >= 0 && token < 48)).toBe(true)
    expect(await other.tokens(rgb, 160, 1)).toEqual(tokens)
    const both = new Uint8Array(2 * rgb.length)
    both.set(blobs(5))
    both.set(rgb, rgb.length)
    expect((await one.tokens(both, 160, 2)).slice(400)).toEqual(tokens)
  })

  it('gives the same tokens for tissue that is lit or stained a fifth darker', async () => {
    const tokenizer = await openTokenizer(out)
    const rgb = blobs(6)
    const darker = rgb.map((v) => 0.8 * v)
    const [a, b] = [await tokenizer.tokens(rgb, 160, 1), await tokenizer.tokens(darker, 160, 1)]
    expect(a.filter((token, i) => token === b[i]).length).toBeGreaterThan(0.8 * a.length)
  })

  it('refuses a perplexity that its vocabulary cannot have', async () => {
    const wide = { ...job, out: join(folder, 'wide'), perplexity: 49 }
    await expect(trainTokenizer(wide, context)).rejects.toThrow(/at least 2 and at most the vocabulary, 48; got 49/)
  })

  it('can be inspected: pictures beside their reconstructions, and the use of its codes', async () => {
    const shown = await showTokenizer(
      { tokenizer: out, data: [data], out: join(folder, 'shown'), pictures: 2, seed: 1 },
      context,
    )
    expect(shown).toMatchObject({
      tokenizer: 'small',
      vocabulary: 48,
      images: 3,
      nuclei: null,
      classes: null,
    })
    expect(shown.crops.tokens).toBe(3 * 28 * 28)
    expect(shown.crops.perplexity).toBeGreaterThan(1)
    expect(shown.crops.perplexity).toBeLessThanOrEqual(48)
    expect(shown.pictures).toHaveLength(2)
    expect(await sharp(shown.pictures[0]).metadata()).toMatchObject({ width: 3 * 224, height: 224 })
  })

  it('is not overwritten, and its card states its vocabulary', async () => {
    await expect(trainTokenizer(job, context)).rejects.toThrow(/exists already/)
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('vocabulary of 48')
    expect(existsSync(job.checkpoint)).toBe(false)
  })

  it('trains for as many steps as the given minutes allow', async () => {
    const timed = { ...job, out: join(folder, 'timed'), checkpoint: join(folder, 'timed.checkpoint') }
    const short = await trainTokenizer({ ...timed, length: { minutes: 1e-6 } }, context)
    expect(short.steps).toBe(1)
    const longer = { ...timed, out: join(folder, 'longer'), length: { minutes: 0.02 } }
    expect((await trainTokenizer(longer, context)).steps).toBeGreaterThan(1)
  })

  it('is refused where its weights are damaged or not those it names', async () => {
    const file = join(out, 'weights.safetensors')
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length - 4))
    await expect(openTokenizer(out)).rejects.toThrow(/edited or damaged/)
    rmSync(file)
    await expect(openTokenizer(out)).rejects.toThrow(/weights.*no such file/)
    writeFileSync(file, bytes)
  })

  it('is not trained on a folder without pictures, or on tiles that are not there', async () => {
    const fresh = { ...job, out: join(folder, 'fresh'), checkpoint: join(folder, 'fresh.checkpoint') }
    await expect(trainTokenizer({ ...fresh, data: [join(folder, 'nowhere')] }, context)).rejects.toThrow(/nowhere/)
    await expect(trainTokenizer({ ...fresh, tiles: '!9' }, context)).rejects.toThrow(/there is none named "9"/)
    await expect(trainTokenizer({ ...fresh, tiles: '!1,2,3' }, context)).rejects.toThrow(/at least one image/)
  })
})
