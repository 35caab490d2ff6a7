import { FailureError, unwrap } from '../contract/index.ts'
import { openSlide } from '../slides/index.ts'
import type { Handler } from './handler.ts'
import { levelZeroBoxes, readCrops } from './cropReader.ts'
import { encoderOf, loadModel, softmaxRows } from './network.ts'
import { readTokens, tokenKey, writeTokens } from './tokenCache.ts'
import { applyHead } from './head.ts'

/** How many nuclei a message carries when only the head runs. */
const headChunk = 50_000

/** Classifies nuclei crop by crop, or by the head alone where their tokens are cached. */
export const classify: Handler<'classify'> = async (params, context) => {
  const started = performance.now()
  const model = await loadModel(params.model)
  const { architecture: config, classes, mpp: modelMpp } = model.folder.json
  if (classes.length === 0)
    throw new FailureError('invalid-input', `The model ${params.model} has no classes yet: fine-tune it on labelled nuclei first.`)
  const seconds = () => (performance.now() - started) / 1000
  const { nuclei } = params
  const key = await tokenKey(params.slide, params.mpp, nuclei, model)

  const cached = params.tokens ? await readTokens(params.tokens, key, config.width) : undefined
  if (cached) {
    for (let start = 0; start < nuclei.count; start += headChunk) {
      await context.breathe()
      const end = Math.min(start + headChunk, nuclei.count)
      const logits = await applyHead(model, cached.subarray(start * config.width, end * config.width))
      context.progress({
        done: end,
        of: nuclei.count,
        index: Uint32Array.from({ length: end - start }, (_, i) => start + i),
        probabilities: softmaxRows(logits, classes.length),
      })
    }
    return { classes, provider: 'cpu', seconds: seconds(), fromCache: true }
  }

  const reader = unwrap(await openSlide(params.slide, { mpp: params.mpp }))
  try {
    const encoder = await encoderOf(config, classes.length, model.layout, model.values)
    const tokens = params.tokens ? new Float16Array(nuclei.count * config.width) : undefined
    let done = 0
    const scale = { slideMpp: params.mpp, modelMpp }
    for await (const { crop, feeds, of } of readCrops(reader, levelZeroBoxes(nuclei), config, scale, { first: params.first })) {
      await context.breathe()
      const result = await encoder.run(feeds)
      const logits = new Float32Array(crop.owned.length * classes.length)
      crop.owned.forEach((k, i) => {
        logits.set(result.logits.subarray(k * classes.length, (k + 1) * classes.length), i * classes.length)
        tokens?.set(result.tokens.subarray(k * config.width, (k + 1) * config.width), crop.members[k] * config.width)
      })
      context.progress({
        done: ++done,
        of,
        index: crop.owned.map((k) => crop.members[k]),
        probabilities: softmaxRows(logits, classes.length),
      })
    }
    if (tokens && params.tokens) await writeTokens(params.tokens, key, tokens)
    return { classes, provider: 'cpu', seconds: seconds(), fromCache: false }
  } finally {
    await reader.close()
  }
}
