import { Graph, type Value } from '../../../models/graph/graph.ts'
import { gradients } from '../../../models/autodiff.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { classHead } from '../../../models/nucleusVit/network.ts'
import { layoutOf, type ParameterLayout } from '../../../models/nn/parameters.ts'
import { adamWState, adamWStep } from '../../../models/train/adamW.ts'
import { lbfgs, type Evaluation } from '../../../models/train/lbfgs.ts'
import { crossEntropy } from '../../../models/train/loss.ts'
import { warmupCosine } from '../../../models/train/schedule.ts'
import type { Network } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession } from '../runtime/session.ts'
import { assertFinite } from '../train/assertFinite.ts'

interface HeadSessions {
  readonly layout: ParameterLayout
  readonly apply: GraphSession
  readonly train: GraphSession
}
const kept = new Map<string, Promise<HeadSessions>>()

/** Returns the sessions of a linear head, width → classes, whose input is tokens. */
function headSessions(width: number, classes: number): Promise<HeadSessions> {
  const key = `${width} ${classes}`
  let sessions = kept.get(key)
  if (!sessions) {
    sessions = (async () => {
      const graph = new Graph()
      const logits = classHead(graph.input('tokens', ['N', width]), classes)
      const loss = crossEntropy(logits, graph.input('targets', ['N', classes]), graph.input('excluded', ['N', classes]))
      const grads = gradients(loss, graph.parameters)
      const outputs: Record<string, Value> = { loss }
      graph.parameters.forEach((p, i) => (outputs[p.name] = grads[i]))
      return {
        layout: layoutOf(graph.parameters),
        apply: await engineSession(graph, { logits }),
        train: await engineSession(graph, renamed(outputs)),
      }
    })()
    kept.set(key, sessions)
  }
  return sessions
}
/** Renames outputs, because an ONNX output may not have the name of an input. */
const renamed = (outputs: Record<string, Value>) =>
  Object.fromEntries(Object.entries(outputs).map(([name, value]) => [`out ${name}`, value]))

/** Applies a model's head to the features of nuclei [N, F]. Returns logits [N, classes]. */
export async function applyHead(
  { config, classes, layout, values }: Network,
  tokens: Float32Array,
): Promise<Float32Array> {
  const { apply } = await headSessions(featureWidth(config), classes.length)
  const head = Object.fromEntries(
    apply.parameters.map(({ name }) => {
      const { offset, size } = layout.slot(name)
      return [name, values.subarray(offset, offset + size)]
    }),
  )
  return (await apply.run({ ...head, tokens })).logits.data as Float32Array
}

export interface HeadTraining {
  /** [n, width] */
  readonly tokens: Float32Array
  /** [n, classes]; all entries together add up to 1 (loss.ts) */
  readonly targets: Float32Array
  /** [n, classes], rows from excludedClasses; no class is excluded if absent */
  readonly excluded?: Float32Array
  readonly width: number
  readonly classes: number
  /** Head before training: weight [classes, width], bias [classes]; changed in place. */
  readonly weight: Float32Array
  readonly bias: Float32Array
  /** Number of AdamW steps. With `untilConverged`, the maximum number of L-BFGS steps. */
  readonly steps: number
  /** Peak learning rate of AdamW. */
  readonly rate: number
  /**
   * Trains to the optimum with L-BFGS, which suits thousands of labels. A few labels can be separated without error,
   * which puts the optimum at infinity. AdamW's path has bounded length and stays near the parent.
   */
  readonly untilConverged?: boolean
  /**
   * Subtracted from every token during training, so that a change of the weight leaves a token at the centre unchanged.
   */
  readonly centre?: Float32Array
  /** Keeps the bias fixed. Then only differences between nuclei change their classes, never all nuclei at once. */
  readonly keepBias?: boolean
  /** Columns of the weight from `from` on learn at `rate` times AdamW's rate. */
  readonly slower?: { readonly from: number; readonly rate: number }
  /** Awaited after each step. `now` returns the head as it is then. */
  readonly onStep?: (step: number, loss: number, now: () => HeadNow) => Promise<void> | void
}
/** A head in training: weight [classes, width] and bias [classes]. */
export interface HeadNow {
  readonly weight: Float32Array
  readonly bias: Float32Array
}

/**
 * Trains a linear head on all cached tokens at each step. The problem is convex, so few steps suffice, without noise.
 */
export async function trainHead(job: HeadTraining): Promise<{ firstLoss: number; lastLoss: number; steps: number }> {
  const { layout, train } = await headSessions(job.width, job.classes)
  const values = new Float32Array(layout.size)
  const [weight, bias] = [layout.slot('head.weight'), layout.slot('head.bias')]
  const view = (array: Float32Array, slot: { offset: number; size: number }) =>
    array.subarray(slot.offset, slot.offset + slot.size)
  values.set(job.weight, weight.offset)
  values.set(job.bias, bias.offset)
  const centre = job.centre ?? new Float32Array(job.width)
  const tokens = job.centre ? lessCentre(job.tokens, centre) : job.tokens
  shiftBias(view(values, weight), view(values, bias), centre, 1)
  const excluded = job.excluded ?? new Float32Array(job.targets.length)
  let evaluations = 0
  const evaluate = async (
    at: Float32Array,
    gradient: Float32Array = new Float32Array(layout.size),
  ): Promise<Evaluation> => {
    const result = await train.run(
      { tokens, targets: job.targets, excluded, 'head.weight': view(at, weight), 'head.bias': view(at, bias) },
      { 'out head.weight': view(gradient, weight), 'out head.bias': view(gradient, bias) },
    )
    const loss = result['out loss'].data[0] as number
    assertFinite(loss, evaluations++, gradient, layout)
    if (job.keepBias) view(gradient, bias).fill(0)
    return { loss, gradient }
  }
  const now = (): HeadNow => {
    const head = { weight: view(values, weight).slice(), bias: view(values, bias).slice() }
    shiftBias(head.weight, head.bias, centre, -1)
    return head
  }
  const onStep = job.onStep && ((step: number, loss: number) => job.onStep!(step, loss, now))
  const result = job.untilConverged
    ? await lbfgs(values, evaluate, { steps: job.steps, onStep })
    : await adamW(values, evaluate, { ...job, onStep }, layout)
  const trained = now()
  job.weight.set(trained.weight)
  job.bias.set(trained.bias)
  return result
}

async function adamW(
  values: Float32Array,
  evaluate: (at: Float32Array, gradient: Float32Array) => Promise<Evaluation>,
  job: Omit<HeadTraining, 'onStep'> & { readonly onStep?: (step: number, loss: number) => Promise<void> | void },
  layout: ParameterLayout,
): Promise<{ firstLoss: number; lastLoss: number; steps: number }> {
  // No weight decay: where the labels give no evidence, the replayed tokens keep the head in place.
  const { width, slower = { from: width, rate: 1 } } = job
  const groups = layout.slots.flatMap(({ name, offset, size }) => {
    const group = (from: number, to: number, rateScale: number) =>
      ({ offset: offset + from, size: to - from, rateScale, decay: false }) as const
    if (name === 'head.bias') return [group(0, size, 1)]
    return Array.from({ length: job.classes }, (_, c) => [
      group(c * width, c * width + slower.from, 1),
      group(c * width + slower.from, (c + 1) * width, slower.rate),
    ]).flat()
  })
  const state = adamWState(layout.size)
  const gradient = new Float32Array(layout.size)
  let [firstLoss, lastLoss] = [NaN, NaN]
  for (let step = 0; step < job.steps; step++) {
    lastLoss = (await evaluate(values, gradient)).loss
    if (step === 0) firstLoss = lastLoss
    adamWStep(values, gradient, state, groups, warmupCosine(step, job.steps, 5, job.rate, job.rate / 50))
    await job.onStep?.(step + 1, lastLoss)
  }
  return { firstLoss, lastLoss, steps: job.steps }
}

function lessCentre(tokens: Float32Array, centre: Float32Array): Float32Array {
  const width = centre.length
  const moved = new Float32Array(tokens.length)
  for (let row = 0; row < tokens.length; row += width)
    for (let k = 0; k < width; k++) moved[row + k] = tokens[row + k] - centre[k]
  return moved
}

/**
 * Converts the bias, in place, to the one for centred tokens (sign 1) or back (sign −1):
 * W·(x − c) + (b + W·c) = W·x + b.
 */
function shiftBias(weight: Float32Array, bias: Float32Array, centre: Float32Array, sign: 1 | -1): void {
  const width = centre.length
  for (let c = 0; c < bias.length; c++)
    for (let k = 0; k < width; k++) bias[c] += sign * weight[c * width + k] * centre[k]
}
