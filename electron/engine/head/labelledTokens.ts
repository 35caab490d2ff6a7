import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { FinetuneParams } from '../../contract/index.ts'
import { levelZeroBoxes } from '../encode/cropReader.ts'
import { encodedCrops } from '../encode/encodedCrops.ts'
import type { CallContext } from '../handler.ts'
import { encoderOf, type Network } from '../encode/encoder.ts'
import type { Report } from '../train/stageReporter.ts'
import { readTokens, tokenKey, widenRows } from '../encode/tokenCache.ts'

export interface LabelledTokens {
  /** [n, D] */
  readonly tokens: Float32Array
  /** Index into FinetuneParams.classes, length n. */
  readonly labels: Int32Array
  /** Position of the data set of each, length n. */
  readonly sets: Int32Array
  /** Mean token of all nuclei in the tokens read, labelled or not: the centre of the slides in token space. */
  readonly centre: Float32Array
}

/** Returns the encoder's tokens of the labelled nuclei, from the cache if it is valid, otherwise from their crops. */
export async function tokensOfLabelled(
  params: FinetuneParams,
  network: Network,
  context: CallContext<'finetune'>,
  report: Report,
): Promise<LabelledTokens> {
  const { config, mpp: modelMpp } = network
  const width = featureWidth(config)
  const labels: number[] = []
  const sets: number[] = []
  const rows: Float32Array[] = []
  const sum = new Float64Array(width)
  let seen = 0
  const see = (row: Float32Array) => {
    seen++
    for (let k = 0; k < width; k++) sum[k] += row[k]
  }
  for (const [s, slide] of params.slides.entries()) {
    if (slide.index.length === 0) continue
    const cached =
      slide.tokens &&
      (await readTokens(slide.tokens, await tokenKey(slide.slide, slide.mpp, slide.nuclei, network), width))
    if (cached) {
      const row = (nucleus: number, into = new Float32Array(width)) => {
        widenRows(cached, [nucleus], width, into)
        return into
      }
      const scratch = new Float32Array(width)
      for (let i = 0; i < slide.nuclei.count; i++) see(row(i, scratch))
      slide.index.forEach((nucleus, k) => {
        rows.push(row(nucleus))
        labels.push(slide.label[k])
        sets.push(slide.set ?? 0)
      })
      continue
    }
    const wanted = new Map([...slide.index].map((nucleus, k) => [nucleus, slide.label[k]]))
    const job = {
      slide: slide.slide,
      mpp: slide.mpp,
      boxes: levelZeroBoxes(slide.nuclei),
      config,
      modelMpp,
      wanted: new Set(wanted.keys()),
    }
    const encoder = await encoderOf(network) // no lanes: there are few crops, and training needs the memory
    let done = 0
    try {
      for await (const { crop, tokens, of } of encodedCrops(job, encoder)) {
        await context.breathe()
        for (const k of crop.owned) {
          see(tokens.subarray(k * width, (k + 1) * width))
          const label = wanted.get(crop.members[k])
          if (label === undefined) continue
          rows.push(tokens.slice(k * width, (k + 1) * width))
          labels.push(label)
          sets.push(slide.set ?? 0)
        }
        report('encoding', s + ++done / of, params.slides.length)
      }
    } finally {
      encoder.close()
    }
  }
  const tokens = new Float32Array(rows.length * width)
  rows.forEach((row, i) => tokens.set(row, i * width))
  const centre = Float32Array.from(sum, (v) => v / Math.max(1, seen))
  return { tokens, labels: Int32Array.from(labels), sets: Int32Array.from(sets), centre }
}
