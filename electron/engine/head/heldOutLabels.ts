import { concatenated, type FinetuneParams, type LabelledSlide } from '../../contract/index.ts'
import { inheritedCalibration, type ModelCalibration } from '../../formats/weights/modelFolder.ts'
import { random } from '../../../models/nn/random.ts'
import { spatialBlocks } from '../../../models/statistics/blocks.ts'
import { heldOutScore, type HeldOutScore } from '../../../models/statistics/heldOutScore.ts'
import { excludedLogit } from '../../../models/train/loss.ts'
import { probabilitiesOf, type Network } from '../encode/encoder.ts'
import type { CallContext } from '../handler.ts'
import type { Report } from '../train/stageReporter.ts'
import type { Start } from '../train/startingPoint.ts'
import { applyHead } from './head.ts'
import { tokensAt } from './labelledTokens.ts'

/** Most labels by which a model is judged, and by which it is judged again and again while it trains. */
const mostJudged = 3000
const mostWhileTraining = 150
const seed = 1
/** How often held-out labels are judged while a network trains. Each time costs about what a step costs for their crops. */
const looks = 6

/** What a network says of held-out labels. */
export interface Judged {
  /** Mean cross-entropy of the labels under the network's softmax, as in training. */
  readonly loss: number
  /** Most probable class of each, calibrated as a run of the model would be. */
  readonly called: Uint16Array
}

/** How the logits of a network become classes. */
export interface Calling {
  readonly calibration?: ModelCalibration
  /** Classes that the network does not know yet; it can call nothing so. */
  readonly unknown?: readonly number[]
}

type Breathing = Pick<CallContext<'finetune'>, 'breathe'>

/** Labelled nuclei that a training does not learn from. They stay in one order: slide by slide, as given. */
export class HeldOutLabels {
  readonly slides: readonly LabelledSlide[]
  readonly label: Uint16Array
  readonly classes: number

  private constructor(slides: readonly LabelledSlide[], classes: number) {
    this.slides = slides
    this.classes = classes
    this.label = Uint16Array.from(slides.flatMap(({ label }) => [...label]))
  }

  /** Returns the held-out labels of a training, at most `mostJudged` of them drawn at random; undefined if there are none. */
  static of({ heldOut, classes }: FinetuneParams): HeldOutLabels | undefined {
    const all = new HeldOutLabels(heldOut?.slides ?? [], classes.length)
    return all.label.length > 0 ? all.#sample(mostJudged) : undefined
  }

  /** Returns the few by which a network is judged while it trains. */
  few(): HeldOutLabels {
    return this.#sample(mostWhileTraining)
  }

  /** Returns the block of tissue of each. */
  blocks(): Uint32Array {
    return spatialBlocks(
      this.slides.map(({ nuclei: { box, origin }, index }) => ({
        x: Array.from(index, (i) => (box[4 * i] + box[4 * i + 2]) / 2 + origin[0]),
        y: Array.from(index, (i) => (box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1]),
      })),
    )
  }

  /** Returns the features of each under a network's encoder [n, F], from the cache if that is of this encoder. */
  async tokens(network: Network, { breathe }: Breathing): Promise<Float32Array> {
    const rows: Float32Array[] = []
    for (const slide of this.slides) rows.push(await tokensAt(slide, slide.index, network, breathe))
    return concatenated(Float32Array, rows)
  }

  /** Returns what the head of a network says of tokens that its encoder made. */
  async judge(network: Network, tokens: Float32Array, { calibration, unknown = [] }: Calling): Promise<Judged> {
    const { classes, label } = this
    const logits = await applyHead(network, tokens)
    for (let i = 0; i < label.length; i++) for (const c of unknown) logits[i * classes + c] += excludedLogit
    const plain = probabilitiesOf(network, logits)
    let loss = 0
    label.forEach((c, i) => (loss -= Math.log(Math.max(1e-9, plain[i * classes + c])) / label.length))
    const rows = calibration ? probabilitiesOf({ ...network, calibration }, logits) : plain
    const called = Uint16Array.from(label, (_, i) => {
      const row = rows.subarray(i * classes, (i + 1) * classes)
      return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
    })
    return { loss, called }
  }

  #sample(most: number): HeldOutLabels {
    if (this.label.length <= most) return this
    const chosen = new Set([...random(seed).permutation(this.label.length)].slice(0, most))
    let at = 0
    const slides = this.slides.map((slide) => {
      const kept = Array.from(slide.index.keys()).filter(() => chosen.has(at++))
      return {
        ...slide,
        index: Uint32Array.from(kept, (k) => slide.index[k]),
        label: Uint16Array.from(kept, (k) => slide.label[k]),
      }
    })
    return new HeldOutLabels(slides, this.classes)
  }
}

/** Looks at held-out labels during training. Without a `head`, the network that is trained is looked at as it is then. */
export interface Watch {
  isDue(step: number, of: number): boolean
  look(step: number, of: number, head?: Network): Promise<void>
}

/**
 * Judges the parent by the held-out labels. Returns what judges the network while it trains, and what compares both at
 * the end; undefined if nothing is held out.
 */
export async function heldOutJudge(
  params: FinetuneParams,
  start: Start,
  context: CallContext<'finetune'>,
  report: Report,
): Promise<{ watch: Watch; score(calibration?: ModelCalibration): Promise<HeldOutScore> } | undefined> {
  const held = HeldOutLabels.of(params)
  if (!held) return undefined
  report('scoring', 0, 1)
  const { classes } = params
  const json = start.parent?.json
  const few = held.few()
  // Only the head changes with this method, so its input stays the same.
  const isHead = params.method === 'head'
  const before = { all: await held.tokens(start, context), few: await few.tokens(start, context) }
  const calling = {
    calibration: json && inheritedCalibration(json, classes),
    unknown: classes.flatMap((name, c) => (json?.classes.includes(name) ? [] : [c])),
  }
  const parent = json && json.classes.length > 0 ? await held.judge(start, before.all, calling) : undefined
  if (parent) {
    const { loss } = held === few ? parent : await few.judge(start, before.few, calling)
    report('training', 0, 1, undefined, undefined, loss)
  }
  return {
    watch: {
      isDue: (step, of) => step === of || Math.floor((step * looks) / of) > Math.floor(((step - 1) * looks) / of),
      async look(step, of, head) {
        const tokens = head ? before.few : await few.tokens(start, context)
        const { loss } = await few.judge(head ?? start, tokens, {})
        report('training', step, of, undefined, undefined, loss)
      },
    },
    async score(calibration) {
      report('scoring', 0, 1)
      const tokens = isHead ? before.all : await held.tokens(start, context)
      const { called } = await held.judge(start, tokens, { calibration })
      const calls = { label: held.label, before: parent?.called ?? null, after: called, block: held.blocks() }
      return heldOutScore({ classes: classes.length, ...calls })
    },
  }
}
