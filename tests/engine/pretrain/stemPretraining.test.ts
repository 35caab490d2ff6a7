import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pretrainingLosses, type PretrainParams } from '../../../electron/contract/index.ts'
import { openTargets } from '../../../electron/engine/tokenizer/targets.ts'
import { readModelFolder, readModelWeights } from '../../../electron/formats/weights/modelFolder.ts'
import { findTokenizer } from '../../../electron/launch/tokenizers.ts'
import { connectEngine, type Engine } from '../../../electron/launch/engineClient.ts'
import { random } from '../../../models/nn/random.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { presets } from '../../../models/nucleusVit/config.ts'
import type { AnnotatedImage } from '../../../models/train/augment.ts'
import { drawMaskedCrop, plainMaskedCrops } from '../../../models/train/maskedCrop.ts'
import { pretrainingWithStem } from '../../../models/train/recipes.ts'
import { writeStemModel } from '../../support/stemModel.ts'
import { writeSmallModel } from '../../support/smallModel.ts'

const side = 480
const config = { ...presets['stem-tiny'], imageSize: 320 }

let folder: string
let engine: Engine
let model: string
let tokenizer: string
let data: string
let picture: AnnotatedImage
let outlines: number[][]

/** Large pale and small dark discs on pink, in turn. */
function discs(): { rgb: Uint8Array; outlines: number[][] } {
  const rng = random(4)
  const rgb = new Uint8Array(side * side * 3).map((_, i) => [225, 165, 200][i % 3] + rng.below(20))
  const found: number[][] = []
  for (let n = 0; n < 144; n++) {
    const [x, y] = [20 + 40 * (n % 12), 20 + 40 * Math.floor(n / 12)]
    const [r, colour] = n % 2 ? [14, [150, 120, 190]] : [6, [70, 40, 110]]
    found.push([x - r, y - r, x + r, y - r, x + r, y + r, x - r, y + r])
    for (let v = y - r; v < y + r; v++)
      for (let u = x - r; u < x + r; u++)
        if (Math.hypot(u - x, v - y) < r) rgb.set(colour.map((c) => c + rng.below(20)), (v * side + u) * 3) // prettier-ignore
  }
  return { rgb, outlines: found }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'karyon-stem-'))
  engine = connectEngine()
  model = await writeStemModel(join(folder, 'stem'))
  const drawn = discs()
  outlines = drawn.outlines
  const boxes = Float32Array.from(outlines.flatMap((o) => [o[0], o[1], o[2], o[5]]))
  picture = { width: side, height: side, rgb: drawn.rgb, boxes }
  data = join(folder, 'data')
  for (const name of ['images', 'labels']) await mkdir(join(data, name), { recursive: true })
  const labels = new Uint16Array(side * side)
  for (const [i, [x0, y0, x1, , , y1]] of outlines.entries())
    for (let y = y0; y < y1; y++) labels.fill(i + 1, y * side + x0, y * side + x1)
  await sharp(drawn.rgb, { raw: { width: side, height: side, channels: 3 } }).png().toFile(join(data, 'images', 'a.png')) // prettier-ignore
  await sharp(labels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toFile(join(data, 'labels', 'a.png'))
  tokenizer = join(folder, 'tokens')
  await engine.call('trainStemTokenizer', { data: [data], model, out: tokenizer, vocabulary: 8, crops: 6, seed: 1 })
}, 120_000)
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

const params = (out: string): PretrainParams => ({
  sources: [{ slide: join(data, 'images', 'a.png'), mpp: 0.5, nuclei: nucleiFromOutlines(outlines, 'imported') }],
  heldOut: [{ slide: join(data, 'images', 'a.png'), mpp: 0.5, nuclei: nucleiFromOutlines(outlines, 'imported') }],
  ...{ model, tokenizer, losses: pretrainingLosses, length: { steps: 1 }, seed: 1 },
  ...{ out: join(folder, out), checkpoint: join(folder, `${out}.checkpoint`) },
})
const weights = async (path: string, name: string) =>
  Float32Array.from((await readModelWeights(await readModelFolder(path))).get(name)!.data)

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((sum, x) => sum + x, 0) / v.length
  const [ma, mb] = [mean(a), mean(b)]
  const product = (u: readonly number[], mu: number, v: readonly number[], mv: number) =>
    u.reduce((sum, x, i) => sum + (x - mu) * (v[i] - mv), 0)
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb))
}

describe('visual tokens from a stem', () => {
  it('tell large pale nuclei from small dark ones', async () => {
    const targets = await openTargets(tokenizer)
    expect([targets.patchVocabulary, targets.nucleusVocabulary, targets.perNucleus]).toEqual([8, 8, 1])
    const [crop] = plainMaskedCrops(picture, config, targets.seen, random(1))
    const { patches, nuclei } = await targets.of(crop, 'all')
    expect(patches).toHaveLength(400)
    const tokensOf = (kind: number) => new Set(nuclei.filter((_, i) => crop.index[i] % 2 === kind))
    const [small, large] = [tokensOf(0), tokensOf(1)]
    expect([...small].filter((token) => large.has(token))).toEqual([])
    const { nuclei: masked } = await targets.of(crop, 'masked')
    expect([...masked]).toEqual(Array.from(crop.masked, (i) => nuclei[i]))
  })

  it('are the same for the same seed', async () => {
    const again = join(folder, 'again')
    const made = await engine.call('trainStemTokenizer', {
      data: [data],
      model,
      out: again,
      vocabulary: 8,
      crops: 6,
      seed: 1,
    })
    expect((await openTargets(again)).hash).toBe((await openTargets(tokenizer)).hash)
    expect(made.tokenizer).toBe(again)
  }, 60_000)

  it('need a stem, pictures with nuclei and enough of them, and say so', async () => {
    const fails = (change: object) =>
      expect(
        engine.call('trainStemTokenizer', {
          ...{ data: [data], model, out: join(folder, 'none'), vocabulary: 8, crops: 6, seed: 1 },
          ...change,
        }),
      ).rejects
    await fails({ model: await writeSmallModel(join(folder, 'small')) }).toThrow(/has no stem/)
    await fails({ out: folder }).toThrow(/exists already/)
    const bare = join(folder, 'bare')
    await mkdir(bare)
    await writeFile(join(bare, 'a.png'), await sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } }).png().toBuffer()) // prettier-ignore
    await fails({ data: [bare] }).toThrow(/nuclei are given/)
    expect(existsSync(join(folder, 'none'))).toBe(false)
  }, 60_000)

  it('are shown as sheets of patches and of nuclei with the same token', async () => {
    const shown = await engine.call('showTokenizer', {
      ...{ tokenizer, data: [data], out: join(folder, 'sheets'), pictures: 4, seed: 1 },
    })
    expect(shown.pictures).toHaveLength(2)
    const { width, height } = await sharp(join(folder, 'sheets', 'nuclei.png')).metadata()
    expect(width).toBe(12 * 48)
    expect(height! / 48).toBeGreaterThanOrEqual(2) // a row for each of the tokens in use, at most as many as asked for
    expect(height! / 48).toBeLessThanOrEqual(4)
    expect(shown.nuclei!.perplexity).toBeGreaterThan(1.9)
  })
})

describe('masked image modelling with a stem', () => {
  it('shows the network nothing of what is masked', () => {
    const seed = 5
    const draw = (image: AnnotatedImage) =>
      drawMaskedCrop(image, config, { ...pretrainingWithStem, area: [1, 1] }, 'crop', random(seed))
    const first = draw(picture)
    const isMasked = (at: number) => {
      const [x, y] = [(at / 3) % 320, Math.floor(at / 3 / 320)]
      return first.mask[Math.floor(y / 16) * 20 + Math.floor(x / 16)] === 1
    }
    const hidden = first.rgb.filter((_, at) => isMasked(at))
    expect(new Set(hidden.filter((_, at) => at % 3 === 0)).size).toBe(1)
    expect(first.target.some((v, at) => isMasked(at) && v !== first.rgb[at])).toBe(true)
  })

  it('can draw a second view of a crop: the same nuclei in other colours, with another mask', () => {
    const draw = (twoViews: boolean) =>
      drawMaskedCrop(picture, config, pretrainingWithStem, 'crop', random(5), { twoViews })
    const { second, ...first } = draw(true)
    expect(first).toEqual(draw(false)) // the first view does not depend on it
    expect(second!.mask).not.toEqual(first.mask)
    const visible = (at: number) => {
      const patch = Math.floor(at / 320 / 16) * 20 + Math.floor((at % 320) / 16)
      return !first.mask[patch] && !second!.mask[patch]
    }
    const shared = Array.from({ length: 320 * 320 }, (_, at) => at).filter(visible)
    const correlation = pearson(
      shared.map((at) => first.rgb[3 * at + 1]),
      shared.map((at) => second!.rgb[3 * at + 1]),
    )
    expect(correlation).toBeGreaterThan(0.9) // the same place
    expect(shared.some((at) => first.rgb[3 * at] !== second!.rgb[3 * at])).toBe(true)
  })

  it('trains what lies above the stem, each head by its own loss, and gives an encoder that can be fine-tuned', async () => {
    const all = await engine.call('pretrain', params('all'))
    expect(all.heldOut!.nuclei!.tokens).toBeGreaterThan(10)
    const { json } = await readModelFolder(all.model)
    expect([json.mpp, json.architecture.imageSize, json.classes]).toEqual([0.5, 448, []])
    for (const name of ['stem.conv.weight', 'stem.blocks.3.expand.weight', 'roi_norm.4.weight'])
      expect(await weights(all.model, name)).toEqual(await weights(model, name))
    expect(await weights(all.model, 'patch_embed.weight')).not.toEqual(await weights(model, 'patch_embed.weight'))
    const moved = async (path: string, name: string) => (await weights(path, name)).some((v) => v !== 0)
    for (const head of ['lm_head', 'insta_lm_head', 'measured_head', 'surroundings_head', 'view_head.fc2'])
      expect(await moved(all.model, `${head}.bias`)).toBe(true)
    const patches = await engine.call('pretrain', { ...params('patches'), losses: ['patches'] })
    expect(await moved(patches.model, 'lm_head.bias')).toBe(true)
    expect(await moved(patches.model, 'insta_lm_head.bias')).toBe(false)
    expect((await readModelWeights(await readModelFolder(patches.model))).has('surroundings_head.bias')).toBe(false)

    const [source] = params('x').sources
    const index = Uint32Array.from({ length: 144 }, (_, i) => i)
    const slides = [{ ...source, index, label: Uint16Array.from(index, (i) => i % 2) }]
    const tuned = await engine.call('finetune', {
      ...{ model: all.model, classes: ['small', 'large'], slides, method: 'head', seed: 1 },
      out: join(folder, 'tuned'),
    })
    expect((await readModelFolder(tuned.model)).json.classes).toEqual(['small', 'large'])

    // Beside the classes, the tokens can go on learning to tell what was measured. That head is not kept.
    const method = 'full' as const
    const whole = { model: all.model, classes: ['small', 'large'], slides, method, seed: 1, epochs: 1 }
    const plain = await engine.call('finetune', { ...whole, out: join(folder, 'plain') })
    const beside = await engine.call('finetune', { ...whole, measuredWeight: 0.1, out: join(folder, 'beside') })
    expect(beside.firstLoss).toBeGreaterThan(plain.firstLoss)
    const kept = await readModelWeights(await readModelFolder(beside.model))
    expect(kept.has('blocks.0.attn.qkv.weight')).toBe(true)
    expect(kept.has('measured_head.weight')).toBe(false)
  }, 120_000)

  it('ends by itself when masked tokens of held-out regions are no longer told better', async () => {
    const long = { ...params('flat'), losses: ['patches' as const], length: { steps: 40 } }
    const { steps, curve } = await engine.call('pretrain', { ...long, untilFlat: true })
    expect(steps).toBeLessThan(40)
    expect(curve.at(-1)!.step).toBe(steps)
    const sums = curve.map(({ patches, nuclei }) => patches + (nuclei ?? 0))
    expect(Math.max(...sums.slice(-4))).toBeLessThanOrEqual(Math.max(...sums.slice(0, -4), 0))
  }, 300_000)

  it('tells of surroundings only what a stem sees, and says so of another tokenizer', async () => {
    const pictures = { ...params('pictures'), tokenizer: await findTokenizer(), losses: ['surroundings' as const] }
    await expect(engine.call('pretrain', pictures)).rejects.toThrow(/takes its features from a tokenizer/)
  })

  it('refuses a stem of random weights', async () => {
    await expect(engine.call('pretrain', { ...params('random'), model: 'preset:stem-tiny' })).rejects.toThrow(
      /stem must be trained/,
    )
  })
})
