import { concatenated, FailureError, message, type TryHeadParams } from '../../contract/index.ts'
import { inheritedCalibration } from '../../formats/weights/modelFolder.ts'
import { random } from '../../../models/nn/random.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { rescore } from '../calls/rescore.ts'
import type { Network } from '../encode/encoder.ts'
import { readTokens, tokenKey, widenRows } from '../encode/tokenCache.ts'
import type { Handler } from '../handler.ts'
import { startingPoint } from '../train/startingPoint.ts'
import { fineTuneHead } from './fineTuneHead.ts'
import { centreOf, meanOfRows, nucleiOfCentre, type LabelledTokens, type SlideMean } from './labelledTokens.ts'

/**
 * Trains the head from the parent's on all labels and classifies a slide with it. Each call starts anew, so the result
 * depends on the labels alone and not on the order in which they were given: it is that of `finetune` with the method
 * 'head'.
 */
export const tryHead: Handler<'tryHead'> = async ({ model, classes, labelled, shown, seed }, context) => {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const start = await startingPoint({ model, classes }, random(seed))
  if (!start.parent) throw new FailureError('invalid-input', message('headNeedsParent'))
  const ofShown = await tokensOf(shown, start)
  if (!ofShown) throw new FailureError('not-found', message('tryNeedsTokens'))
  const mine = await labelledTokens(labelled, start)
  if (mine.labels.length === 0) throw new FailureError('empty', message('needsLabels'))
  await context.breathe()
  await fineTuneHead({ classes }, start, mine, () => context.breathe())
  const trainSeconds = seconds()
  const calibration = inheritedCalibration(start.parent.json, classes)
  let done = 0
  for await (const { index, probabilities } of rescore({ ...start, calibration }, ofShown.tokens)) {
    await context.breathe()
    done += index.length
    context.progress({ done, of: shown.nuclei.count, index, probabilities })
  }
  const all = labelled.reduce((n, { index }) => n + index.length, 0)
  return { labelled: mine.labels.length, leftOut: all - mine.labels.length, trainSeconds, seconds: seconds() }
}

interface Kept {
  readonly file: string
  readonly key: string
  readonly tokens: Float16Array
  /** Mean token of the slide. */
  readonly mean: Float64Array
}
/**
 * Tokens of the slides last used, newest last, so that the next label need not read them again. At most this many
 * bytes; the newest is always kept.
 */
let kept: Kept[] = []
const mostKept = 512e6

/** Returns the cached tokens of a slide; undefined if there are none for this network. */
async function tokensOf({ slide, mpp, nuclei, tokens: file }: TryHeadParams['shown'], network: Network) {
  const width = featureWidth(network.config)
  const key = await tokenKey(slide, mpp, nuclei, network)
  let found = kept.find((one) => one.file === file && one.key === key)
  if (!found) {
    const tokens = await readTokens(file, key, width)
    if (!tokens) return undefined
    const ofCentre = await nucleiOfCentre({ slide, mpp, nuclei }, network)
    const rows = new Float32Array(ofCentre.length * width)
    widenRows(tokens, ofCentre, width, rows)
    found = { file, key, tokens, mean: meanOfRows(rows, width) }
  }
  const others = kept.filter((one) => one.file !== file)
  kept = [...others, found]
  while (kept.length > 1 && kept.reduce((sum, { tokens }) => sum + tokens.byteLength, 0) > mostKept) kept.shift()
  return found
}

/** Returns the tokens of the labelled nuclei of all slides that have cached ones. */
async function labelledTokens(slides: TryHeadParams['labelled'], network: Network): Promise<LabelledTokens> {
  const width = featureWidth(network.config)
  const rows: Float32Array[] = []
  const labels: number[] = []
  const means: SlideMean[] = []
  for (const slide of slides) {
    const found = await tokensOf(slide, network)
    if (!found) continue
    const own = new Float32Array(slide.index.length * width)
    widenRows(found.tokens, slide.index, width, own)
    rows.push(own)
    labels.push(...slide.label)
    means.push({ mean: found.mean, nuclei: slide.nuclei.count })
  }
  return {
    tokens: concatenated(Float32Array, rows),
    labels: Int32Array.from(labels),
    sets: new Int32Array(labels.length),
    centre: centreOf(means, width),
  }
}
