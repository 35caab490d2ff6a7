import { join } from 'node:path'
import sharp from 'sharp'
import { concatenated, FailureError, message } from '../../contract/index.ts'
import { nearestVisible } from '../../../models/metrics/maskedTokens.ts'
import { tokensPerNucleus } from '../../../models/nucleusVit/config.ts'
import { random } from '../../../models/nn/random.ts'
import { codebookUse } from '../../../models/tokenizer/codebook.ts'
import { picturedPlanes } from '../../../models/tokenizer/stainPlanes.ts'
import { cropAt } from '../../../models/train/augment.ts'
import { blockwiseMask } from '../../../models/train/masking.ts'
import { nucleusViews, nucleusViewSide, cropView, pixelsPerToken } from '../../../models/tokenizer/views.ts'
import type { Handler } from '../handler.ts'
import { tokenizerSets } from './data.ts'
import { classesTold, makeFolder } from './inspection.ts'
import { showStemTokenizer } from './inspectStem.ts'
import { isStemTokenizer } from './stemTokenizers.ts'
import { openTokenizer, type Reconstruction, type Tokenizer } from './tokenizers.ts'

/** Side of the nucleus ViT's input, of the crop that a tokenizer sees (both pixels), and of its grid of tokens. */
const networkSide = 448
const cropSide = 224
const cropGrid = cropSide / pixelsPerToken

/**
 * Writes pictures beside their reconstructions from tokens, and measures how the codes are used by nuclei and by crops
 * that cover the images.
 */
export const showTokenizer: Handler<'showTokenizer'> = async (params, context) => {
  if (await isStemTokenizer(params.tokenizer)) return showStemTokenizer(params, context)
  const started = performance.now()
  const tokenizer = await openTokenizer(params.tokenizer)
  const images = (await tokenizerSets(params)).flat()
  if (images.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  await makeFolder(params.out)
  const rng = random(params.seed)
  const cropTokens: Int32Array[] = []
  const nucleusTokens: Int32Array[] = []
  const labels: number[] = []
  const imageOf: number[] = []
  const pictures: string[] = []
  let [errors, crops, copied, masked] = [0, 0, 0, 0]
  for (const [done, image] of images.entries()) {
    const { width, height, data } = await image.pixels()
    for (const [n, { cx, cy }] of places(width, height).entries()) {
      const geometry = { cx, cy, size: networkSide, turns: 0, mirror: false }
      const { rgb } = cropAt({ width, height, rgb: data, boxes: new Float32Array(0) }, geometry, networkSide)
      const picture = cropView(rgb, networkSide, cropSide)
      const tokens = await tokenizer.tokens(picture, cropSide, 1)
      cropTokens.push(tokens)
      const mask = blockwiseMask(cropGrid, rng)
      const nearest = nearestVisible(mask, cropGrid)
      for (let p = 0; p < mask.length; p++) {
        if (!mask[p]) continue
        masked++
        if (tokens[nearest[p]] === tokens[p]) copied++
      }
      const both = await tokenizer.reconstruct?.(picture, cropSide)
      if (!both) continue
      crops++
      for (let i = 0; i < both.seen.length; i++) errors += (both.seen[i] - both.back[i]) ** 2 / both.seen.length
      if (n === 0 && pictures.length < params.pictures)
        pictures.push(
          await writePicture(join(params.out, `${done + 1}-${image.name.replaceAll('/', '-')}.png`), picture, both),
        )
    }
    if (image.boxes.length > 0) {
      nucleusTokens.push(await tokensOfNuclei(tokenizer, data, width, height, image.boxes))
      for (let i = 0; i < image.boxes.length / 4; i++) {
        labels.push(image.classIndex?.[i] ?? -1)
        imageOf.push(done)
      }
    }
    context.progress({ done: done + 1, of: images.length })
    await context.breathe()
  }
  const nuclei = concatenated(Int32Array, nucleusTokens)
  return {
    tokenizer: tokenizer.id,
    vocabulary: tokenizer.vocabulary,
    images: images.length,
    crops: codebookUse(concatenated(Int32Array, cropTokens), tokenizer.vocabulary),
    nuclei: nuclei.length > 0 ? codebookUse(nuclei, tokenizer.vocabulary) : null,
    nearestVisible: copied / Math.max(1, masked),
    error: crops > 0 ? errors / crops : null,
    classes: classesTold(
      { tokens: nuclei, tokensEach: tokensPerNucleus, labels, image: imageOf },
      tokenizer.vocabulary,
    ),
    pictures,
    seconds: (performance.now() - started) / 1000,
  }
}

/** Returns the centres of crops that cover an image. They overlap if its size is not a multiple of theirs. */
function places(width: number, height: number): { cx: number; cy: number }[] {
  const along = (length: number) => {
    const n = Math.max(1, Math.ceil(length / networkSide))
    if (n === 1) return [length / 2]
    return Array.from({ length: n }, (_, i) => networkSide / 2 + (i * (length - networkSide)) / (n - 1))
  }
  return along(height).flatMap((cy) => along(width).map((cx) => ({ cx, cy })))
}

/** Returns the 16 tokens of each nucleus of an image, which is first placed in a square. */
async function tokensOfNuclei(
  tokenizer: Tokenizer,
  rgb: Uint8Array,
  width: number,
  height: number,
  boxes: Float32Array,
): Promise<Int32Array> {
  const side = Math.max(width, height)
  const square = cropAt(
    { width, height, rgb, boxes },
    { cx: side / 2, cy: side / 2, size: side, turns: 0, mirror: false },
    side,
  )
  const count = boxes.length / 4
  return tokenizer.tokens(nucleusViews(square.rgb, side, boxes), nucleusViewSide, count)
}

/** Writes the crop, the tokenizer's view of it and its reconstruction from tokens, side by side. */
async function writePicture(path: string, rgb: Uint8Array, { seen, back }: Reconstruction): Promise<string> {
  const parts = [rgb, picturedPlanes(seen), picturedPlanes(back)]
  const row = 3 * cropSide
  const all = new Uint8Array(parts.length * parts[0].length)
  for (let y = 0; y < cropSide; y++)
    parts.forEach((part, i) => all.set(part.subarray(y * row, (y + 1) * row), (y * parts.length + i) * row))
  const raw = { width: parts.length * cropSide, height: cropSide, channels: 3 as const }
  await sharp(all, { raw }).png().toFile(path)
  return path
}
