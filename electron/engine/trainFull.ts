import { gradients } from '../../models/autodiff.ts'
import { Graph } from '../../models/graph/graph.ts'
import type { ParameterLayout } from '../../models/nn/parameters.ts'
import type { Random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../models/nucleusVit/network.ts'
import { add } from '../../models/ops/elementwise.ts'
import { adamWState, adamWStep, clipGradients, parameterGroups } from '../../models/train/adamW.ts'
import { cropAt, jitterColour, type ColourJitter } from '../../models/train/augment.ts'
import { crossEntropy, targets } from '../../models/train/loss.ts'
import { warmupCosine } from '../../models/train/schedule.ts'
import { gemm } from '../../models/ops/linear.ts'
import type { Value } from '../../models/graph/graph.ts'
import { assertFinite } from './guard.ts'
import { weightFeeds } from './network.ts'
import { graphSession, type GraphSession } from './session.ts'
import type { TrainingImage } from './trainingImages.ts'

/** How a whole network is trained; see recipes.ts. */
export interface TrainingRecipe {
  readonly epochs: number
  readonly peakRate: number
  readonly endRate: number
  readonly warmupEpochs: number
  readonly weightDecay: number
  /** Learning rate factor from one layer to the one below it; 1 = none. */
  readonly layerDecay: number
  /** Largest drop path rate, reached linearly in the last layer. */
  readonly dropPath: number
  readonly labelSmoothing: number
  /** Crops whose gradients make one step. */
  readonly cropsPerStep: number
  /** Joint length that gradients are clipped to. */
  readonly clip: number
  /** Crop sides are drawn from 1/zoom … zoom of the model's own scale. */
  readonly zoom: number
  readonly jitter: ColourJitter
  /** Decay of the weights' running mean, which is what is kept; 0 = the last weights. */
  readonly average: number
  /** Class c is met in proportion to its frequency to this power; 1 = as it comes. */
  readonly frequencyPower: number
}

/** Replayed tokens with their targets: they train the head alone, beside the crops. */
export interface ReplayBatch {
  readonly tokens: Float32Array
  /** [n, classes], rows adding up to the replay's share of the loss */
  readonly targets: Float32Array
}

export interface FullTraining {
  readonly config: NucleusVitConfig
  readonly classes: number
  readonly layout: ParameterLayout
  /** Changed in place. */
  readonly values: Float32Array
  readonly images: readonly TrainingImage[]
  readonly recipe: TrainingRecipe
  readonly replay?: ReplayBatch
  readonly random: Random
  /** Awaited after each crop; throws to cancel. */
  readonly onCrop: (progress: { step: number; of: number; loss: number }) => Promise<void>
}

interface TrainingSession {
  readonly session: GraphSession
  readonly outputs: readonly string[]
}
const kept = new Map<string, Promise<TrainingSession>>()

/** Forward, loss and backward of the whole network as one graph. */
function trainingSession(config: NucleusVitConfig, classes: number): Promise<TrainingSession> {
  const key = JSON.stringify([config, classes])
  let made = kept.get(key)
  if (!made) {
    made = (async () => {
      const graph = new Graph()
      const branchScale = graph.input('branch_scale', [2 * config.layers])
      const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config), { branchScale })
      const logits = classHead(nuclei, classes)
      const [weight, bias] = graph.parameters.slice(-2)
      const replayed = gemm(graph.input('replay_tokens', ['M', config.width]), weight, { transB: true, bias })
      const loss = add(
        crossEntropy(logits, graph.input('targets', ['N', classes])),
        crossEntropy(replayed, graph.input('replay_targets', ['M', classes])),
      )
      const grads = gradients(loss, graph.parameters)
      const outputs: Record<string, Value> = { loss }
      graph.parameters.forEach((p, i) => (outputs[`out ${p.name}`] = grads[i]))
      return { session: await graphSession(graph, outputs), outputs: graph.parameters.map((p) => p.name) }
    })()
    kept.set(key, made)
  }
  return made
}

/** Trains encoder and head on augmented crops around labelled nuclei. Unlabelled nuclei are context, not truth. */
export async function trainFull(job: FullTraining): Promise<{ firstLoss: number; lastLoss: number; steps: number }> {
  const { config, classes, layout, values, recipe, random: rng } = job
  const { session, outputs } = await trainingSession(config, classes)
  const gradient = new Float32Array(layout.size)
  const cropGradient = new Float32Array(layout.size)
  const into = Object.fromEntries(outputs.map((name) => [`out ${name}`, viewOf(layout, cropGradient, name)]))
  const weights = weightFeeds(layout, values, session.parameters)
  const groups = parameterGroups(
    layout,
    () => true,
    (name) => layerRate(name, config.layers, recipe.layerDecay),
  )
  const state = adamWState(layout.size)
  const average = recipe.average > 0 ? values.slice() : undefined
  const sampler = cropSampler(job)
  const encoder = cropEncoder(config)
  const stepsPerEpoch = Math.max(1, Math.round(sampler.cropsPerEpoch / recipe.cropsPerStep))
  const steps = stepsPerEpoch * recipe.epochs
  // Without replay, one token with targets of zero keeps the same graph and adds nothing.
  const replay = job.replay ?? { tokens: new Float32Array(config.width), targets: new Float32Array(classes) }
  const replayShare = { tokens: replay.tokens, targets: replay.targets.map((t) => t / recipe.cropsPerStep) }

  let firstLoss = NaN
  let lastLoss = NaN
  for (let step = 0; step < steps; step++) {
    const crops = Array.from({ length: recipe.cropsPerStep }, () => sampler.next())
    const labelled = crops.reduce((n, crop) => n + crop.labels.reduce((k, l) => k + (l >= 0 ? 1 : 0), 0), 0)
    gradient.fill(0)
    let loss = 0
    for (const [i, crop] of crops.entries()) {
      const result = await session.run(
        {
          ...weights,
          ...encoder.encode(crop.rgb, crop.boxes),
          branch_scale: branchScale(config.layers, recipe.dropPath, rng),
          targets: targets(crop.labels, Math.max(1, labelled), { classes, smoothing: recipe.labelSmoothing }),
          replay_tokens: replayShare.tokens,
          replay_targets: replayShare.targets,
        },
        into,
      )
      loss += result.loss.data[0] as number
      assertFinite(loss, step, cropGradient, layout)
      for (let k = 0; k < gradient.length; k++) gradient[k] += cropGradient[k]
      await job.onCrop({ step: step + (i + 1) / crops.length, of: steps, loss: lastLoss })
    }
    clipGradients(gradient, groups, recipe.clip)
    const rate = warmupCosine(step, steps, recipe.warmupEpochs * stepsPerEpoch, recipe.peakRate, recipe.endRate)
    adamWStep(values, gradient, state, groups, rate, { weightDecay: recipe.weightDecay })
    if (average) {
      // Early on the mean forgets faster, so that it does not remember the start.
      const keep = Math.min(recipe.average, (1 + step) / (10 + step))
      for (let k = 0; k < average.length; k++) average[k] = keep * average[k] + (1 - keep) * values[k]
    }
    if (step === 0) firstLoss = lastLoss = loss
    else lastLoss = 0.95 * lastLoss + 0.05 * loss
  }
  if (average) values.set(average)
  return { firstLoss, lastLoss, steps }
}

const viewOf = (layout: ParameterLayout, array: Float32Array, name: string): Float32Array => {
  const { offset, size } = layout.slot(name)
  return array.subarray(offset, offset + size)
}

/** Layer-wise decay (BEiT): embeddings are layer 0, block ℓ is ℓ + 1, final norm and head the top. */
function layerRate(name: string, layers: number, decay: number): number {
  const block = /^blocks\.(\d+)\./.exec(name)
  const depth = block ? Number(block[1]) + 1 : /^(norm|head)\./.test(name) ? layers + 1 : 0
  return decay ** (layers + 1 - depth)
}

/** Drop path at batch 1: each residual branch is dropped, or scaled so that its mean stays. */
function branchScale(layers: number, rate: number, rng: Random): Float32Array {
  return Float32Array.from({ length: 2 * layers }, (_, i) => {
    const drop = (rate * (i >> 1)) / Math.max(1, layers - 1)
    return rng.next() < drop ? 0 : 1 / (1 - drop)
  })
}

interface TrainingCrop {
  rgb: Uint8Array
  boxes: Float32Array
  labels: Int16Array
}

/** Draws augmented crops around labelled nuclei. */
function cropSampler({ images, recipe, config, classes, random: rng }: FullTraining): {
  next(): TrainingCrop
  cropsPerEpoch: number
} {
  const side = config.imageSize
  const nuclei = images.flatMap((image, i) =>
    [...image.labels.entries()].filter(([, l]) => l >= 0).map(([n, l]) => ({ i, n, l })),
  )
  const counts = new Array<number>(classes).fill(0)
  for (const { l } of nuclei) counts[l]++
  const cumulative = new Float64Array(nuclei.length)
  nuclei.reduce((sum, { l }, k) => (cumulative[k] = sum + counts[l] ** (recipe.frequencyPower - 1)), 0)
  const total = cumulative[cumulative.length - 1]
  const pick = () => {
    const wanted = rng.next() * total
    let [low, high] = [0, cumulative.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulative[middle] < wanted) low = middle + 1
      else high = middle
    }
    return nuclei[low]
  }
  const labelledArea = images.reduce(
    (sum, { width, height, labels }) => sum + (labels.some((l) => l >= 0) ? width * height : 0),
    0,
  )
  return {
    // One epoch sees about every labelled pixel once, but no more crops than there are labels.
    cropsPerEpoch: Math.max(1, Math.min(nuclei.length, Math.ceil(labelledArea / side ** 2))),
    next() {
      const { i, n } = pick()
      const image = images[i]
      const size = side * recipe.zoom ** rng.between(-1, 1)
      const place = (low: number, high: number, length: number) => {
        const centre = (low + high) / 2 + rng.between(-0.42, 0.42) * size
        return length <= size ? length / 2 : Math.min(Math.max(centre, size / 2), length - size / 2)
      }
      const crop = cropAt(
        image,
        {
          cx: place(image.boxes[4 * n], image.boxes[4 * n + 2], image.width),
          cy: place(image.boxes[4 * n + 1], image.boxes[4 * n + 3], image.height),
          size,
          turns: rng.below(4),
          mirror: rng.next() < 0.5,
        },
        side,
      )
      jitterColour(crop.rgb, recipe.jitter, rng)
      return { rgb: crop.rgb, boxes: crop.boxes, labels: Int16Array.from(crop.index, (k) => image.labels[k]) }
    },
  }
}
