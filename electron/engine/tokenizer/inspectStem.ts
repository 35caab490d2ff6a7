import { join } from 'node:path'
import sharp from 'sharp'
import {
  concatenated,
  FailureError,
  message,
  type ShowTokenizerParams,
  type ShowTokenizerResult,
} from '../../contract/index.ts'
import { nearestVisible } from '../../../models/metrics/maskedTokens.ts'
import { random, type Random } from '../../../models/nn/random.ts'
import { stemRois } from '../../../models/nucleusVit/crop.ts'
import { codebookUse } from '../../../models/tokenizer/codebook.ts'
import { cropAt } from '../../../models/train/augment.ts'
import { blockwiseMask } from '../../../models/train/masking.ts'
import type { CallContext } from '../handler.ts'
import { tokenizerSets } from './data.ts'
import { classesTold, makeFolder } from './inspection.ts'
import { openStemTokenizer } from './stemTokenizers.ts'

/** Side of the crops, and of a patch, pixels. */
const side = 320
const patch = 16
const grid = side / patch
/** Side of a picture in a sheet and how much of the crop it shows, pixels. */
const tile = 48
/** Examples of one token in a row of a sheet. */
const examples = 12

/**
 * Measures how the codes of a stem's tokenizer are used by patches and nuclei, and how much a nucleus's token tells of
 * its class. Writes two sheets: in each row, patches or nuclei with the same token, the most frequent tokens first.
 */
export async function showStemTokenizer(
  params: ShowTokenizerParams,
  context: CallContext<'showTokenizer'>,
): Promise<ShowTokenizerResult> {
  const started = performance.now()
  const { id, config, tokens: tokensOf } = await openStemTokenizer(params.tokenizer)
  const images = (await tokenizerSets(params)).flat()
  if (images.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  await makeFolder(params.out)
  const rng = random(params.seed)
  const sheets = { patches: tokenSheet(rng), nuclei: tokenSheet(rng) }
  const patchTokens: Int32Array[] = []
  const nucleusTokens: number[] = []
  const labels: number[] = []
  const imageOf: number[] = []
  let [copied, masked] = [0, 0]
  for (const [done, image] of images.entries()) {
    const { width, height, data: rgb } = await image.pixels()
    const size = side * (config.mpp / (image.mpp ?? config.mpp))
    const counted = new Set<number>()
    for (const cy of middles(height, size))
      for (const cx of middles(width, size)) {
        const place = { cx, cy, size, turns: 0, mirror: false }
        const crop = cropAt({ width, height, rgb, boxes: image.boxes }, place, side)
        const { patch: patches, nucleus } = await tokensOf(crop.rgb, side, stemRois(crop.boxes, side, false))
        patchTokens.push(patches)
        const mask = blockwiseMask(grid, rng)
        const nearest = nearestVisible(mask, grid)
        for (let p = 0; p < mask.length; p++) {
          sheets.patches.add(patches[p], crop.rgb, ((p % grid) + 0.5) * patch, (Math.floor(p / grid) + 0.5) * patch)
          if (!mask[p]) continue
          masked++
          if (patches[nearest[p]] === patches[p]) copied++
        }
        nucleus.forEach((token, i) => {
          const [x0, y0, x1, y1] = crop.boxes.subarray(4 * i, 4 * i + 4)
          const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2]
          // Crops overlap and cut nuclei: each counts once, in a crop that holds it whole.
          if (x0 <= 0 || y0 <= 0 || x1 >= side || y1 >= side || counted.has(crop.index[i])) return
          counted.add(crop.index[i])
          sheets.nuclei.add(token, crop.rgb, x, y)
          nucleusTokens.push(token)
          labels.push(image.classIndex?.[crop.index[i]] ?? -1)
          imageOf.push(done)
        })
      }
    context.progress({ done: done + 1, of: images.length })
    await context.breathe()
  }
  const nuclei = Int32Array.from(nucleusTokens)
  const pictures = [
    await sheets.patches.write(join(params.out, 'patches.png'), params.pictures),
    ...(nuclei.length > 0 ? [await sheets.nuclei.write(join(params.out, 'nuclei.png'), params.pictures)] : []),
  ]
  return {
    tokenizer: id,
    vocabulary: config.nucleusVocabulary,
    images: images.length,
    crops: codebookUse(concatenated(Int32Array, patchTokens), config.patchVocabulary),
    nuclei: nuclei.length > 0 ? codebookUse(nuclei, config.nucleusVocabulary) : null,
    nearestVisible: copied / Math.max(1, masked),
    error: null,
    classes: classesTold({ tokens: nuclei, tokensEach: 1, labels, image: imageOf }, config.nucleusVocabulary),
    pictures,
    seconds: (performance.now() - started) / 1000,
  }
}

/** Returns the centres of crops that cover a length. They overlap if it is not a multiple of their size. */
function middles(length: number, size: number): number[] {
  const count = Math.max(1, Math.ceil(length / size))
  if (count === 1) return [length / 2]
  return Array.from({ length: count }, (_, i) => size / 2 + (i * (length - size)) / (count - 1))
}

/** Collects pictures of places by token: of each token the first few, then each new one in place of a random one. */
function tokenSheet(rng: Random) {
  const kept = new Map<number, { seen: number; pictures: Uint8Array[] }>()
  return {
    add(token: number, rgb: Uint8Array, x: number, y: number): void {
      const one = kept.get(token) ?? { seen: 0, pictures: [] }
      kept.set(token, one)
      one.seen++
      const at = one.pictures.length < examples ? one.pictures.length : rng.below(one.seen)
      if (at >= examples) return
      const geometry = { cx: x, cy: y, size: tile, turns: 0, mirror: false }
      one.pictures[at] = cropAt({ width: side, height: side, rgb, boxes: new Float32Array(0) }, geometry, tile).rgb
    },
    async write(path: string, most: number): Promise<string> {
      const rows = [...kept.values()].sort((a, b) => b.seen - a.seen).slice(0, most)
      const width = examples * tile
      const sheet = new Uint8Array(rows.length * tile * width * 3).fill(255)
      rows.forEach(({ pictures }, row) =>
        pictures.forEach((picture, column) => {
          for (let y = 0; y < tile; y++)
            sheet.set(
              picture.subarray(3 * y * tile, 3 * (y + 1) * tile),
              3 * ((row * tile + y) * width + column * tile),
            )
        }),
      )
      const raw = { width, height: rows.length * tile, channels: 3 as const }
      await sharp(sheet, { raw }).png().toFile(path)
      return path
    },
  }
}
