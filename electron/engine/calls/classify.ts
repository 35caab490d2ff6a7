import { FailureError, type Precision, message } from '../../contract/index.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import type { Handler } from '../handler.ts'
import { levelZeroBoxes } from '../encode/cropReader.ts'
import { encodedCrops } from '../encode/encodedCrops.ts'
import { int8Encoder } from '../encode/int8Encoder.ts'
import { loadModel, probabilitiesOf } from '../encode/encoder.ts'
import { readTokens, tokenKey, writeTokens } from '../encode/tokenCache.ts'
import { rescore } from './rescore.ts'
import { currentProvider } from '../runtime/providers.ts'

/** Classifies nuclei crop by crop. If their tokens are cached, only the head runs. */
export const classify: Handler<'classify'> = async (params, context) => {
  const started = performance.now()
  const loaded = await loadModel(params.model)
  const model = params.isRaw ? { ...loaded, calibration: undefined } : loaded
  const { config, mpp: modelMpp } = model
  const width = featureWidth(config)
  const classes = [...model.classes]
  if (classes.length === 0)
    throw new FailureError('invalid-input', message('modelNeedsClasses', { model: params.model }))
  const seconds = () => (performance.now() - started) / 1000
  const { nuclei } = params
  const wantedPrecision = params.precision ?? 'float32'
  const keyOf = (precision: Precision) => tokenKey(params.slide, params.mpp, nuclei, model, precision)

  const wanted = params.only ? new Set(params.only) : undefined

  // Full-precision tokens also serve a request for 8 bits, but not the other way round.
  for (const precision of new Set<Precision>(['float32', wantedPrecision])) {
    const cached = params.tokens && (await readTokens(params.tokens, await keyOf(precision), width))
    if (!cached) continue
    let done = 0
    for await (const { index, probabilities } of rescore(model, cached, params.only)) {
      await context.breathe()
      done += index.length
      context.progress({ done, of: params.only?.length ?? nuclei.count, index, probabilities })
    }
    return { classes, provider: (await currentProvider()).name, seconds: seconds(), fromCache: true, precision }
  }

  const encoder = await int8Encoder(model, wantedPrecision)
  // An incomplete set of tokens is not cached: the next run could not know which are missing.
  const tokens = params.tokens && !wanted ? new Float16Array(nuclei.count * width) : undefined
  let done = 0
  const { slide, mpp, first } = params
  const job = { slide, mpp, boxes: levelZeroBoxes(nuclei), config, modelMpp, first, wanted, views: model.views }
  try {
    for await (const { crop, of, ...result } of encodedCrops(job, encoder)) {
      await context.breathe()
      const asked = wanted ? crop.owned.filter((k) => wanted.has(crop.members[k])) : crop.owned
      if (tokens)
        for (const k of asked) tokens.set(result.tokens.subarray(k * width, (k + 1) * width), crop.members[k] * width)
      context.progress({
        done: ++done,
        of,
        index: asked.map((k) => crop.members[k]),
        probabilities: probabilitiesOf(model, rowsOf(result.logits, asked, classes.length)),
      })
    }
  } finally {
    encoder.close()
  }
  if (tokens && params.tokens) await writeTokens(params.tokens, await keyOf(encoder.precision), tokens)
  const { precision, note } = encoder
  const provider = (await currentProvider()).name
  return { classes, provider, seconds: seconds(), fromCache: false, precision, ...(note && { note }) }
}

/** Returns the rows `index` of an [n, width] matrix. */
function rowsOf(matrix: Float32Array, index: Uint32Array, width: number): Float32Array {
  const rows = new Float32Array(index.length * width)
  index.forEach((row, k) => rows.set(matrix.subarray(row * width, (row + 1) * width), k * width))
  return rows
}
