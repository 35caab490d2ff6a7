import type { TrainDetectorParams } from '../../contract/index.ts'
import { readDetectorFolder } from '../../formats/weights/detectorFolder.ts'
import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf, weightsOf, type ParameterLayout, type Weights } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { defaultDetector, type DetectorConfig } from '../../../models/detector/config.ts'
import { initialiseDecoder } from '../../../models/detector/decoder.ts'
import { detectorLoss } from '../../../models/detector/loss.ts'
import { nucleusDetector } from '../../../models/detector/network.ts'
import { readModelFolder, readModelWeights } from '../../formats/weights/modelFolder.ts'
import { flatten } from '../encode/encoder.ts'
import { gradientOf, type GradientPass } from '../train/gradientPass.ts'
import { passSession, sessionPass, type PassLanes } from '../train/sessionPass.ts'
import type { DetectorFeeds } from './cropWorker.ts'

export interface DetectorTrainingFeeds extends DetectorFeeds {
  readonly per_centre: Float32Array
  readonly per_known: Float32Array
}

/**
 * Is this parameter frozen? The stem's first blocks detect edges and colours and keep the weights learned on
 * photographs. This saves half of the backward pass.
 */
const isStill = (name: string): boolean => /^stem\.(conv|blocks\.[0-2])\./.test(name)

/** Returns a copy of the trained parameters of a detector. */
export function trainedPart({ layout, values }: Weights): Weights {
  const trained = layoutOf(layout.slots.filter(({ name }) => !isStill(name)))
  const copy = new Float32Array(trained.size)
  for (const { name, offset } of trained.slots) copy.set(weightsOf({ layout, values }, name), offset)
  return { layout: trained, values: copy }
}

/** Returns a pass that computes a detector's loss on one crop and its gradient for the trained parameters. */
export async function detectorPass(
  config: DetectorConfig,
  side: number,
  model: Weights,
  trained: Weights,
  lanes: PassLanes,
): Promise<GradientPass<DetectorTrainingFeeds>> {
  const graph = new Graph()
  const loss = detectorLoss(nucleusDetector(config, graph.input('image', [1, 3, side, side])), side)
  const outputs: Record<string, Value> = { loss }
  const parameters = graph.parameters.filter(({ name }) => !isStill(name))
  gradients(loss, parameters).forEach((g, i) => (outputs[gradientOf(parameters[i].name)] = g))
  const session = await passSession({ graph, outputs }, lanes)
  return sessionPass(session, { trained, still: (name) => weightsOf(model, name) }, lanes)
}

/**
 * Returns the detector that training starts from: an existing one, or a new one with the stem of a model (`models
 * import` makes such a model from the published stem).
 * @param mpp µm per pixel that it sees; if absent, as the existing one, or the usual one
 * @throws FailureError if the folder holds no detector or model, or if weights are missing or have the wrong shape
 */
export async function firstDetector(
  start: TrainDetectorParams['start'],
  mpp: number | undefined,
  rng: Random,
): Promise<Weights & { readonly config: DetectorConfig }> {
  if ('detector' in start) {
    const { json, weights, path } = await readDetectorFolder(start.detector)
    const config = { ...json.architecture, ...(mpp !== undefined && { mpp }) }
    const layout = detectorLayout(config)
    return { config, layout, values: flatten(layout, weights, path) }
  }
  const config = { ...defaultDetector, ...(mpp !== undefined && { mpp }) }
  const layout = detectorLayout(config)
  const values = new Float32Array(layout.size)
  const inStem = layoutOf(layout.slots.filter(({ name }) => name.startsWith('stem.')))
  const stored = flatten(inStem, await readModelWeights(await readModelFolder(start.stem)), start.stem)
  for (const { name } of inStem.slots)
    values.set(weightsOf({ layout: inStem, values: stored }, name), layout.slot(name).offset)
  initialiseDecoder(layout, values, rng)
  return { config, layout, values }
}

function detectorLayout(config: DetectorConfig): ParameterLayout {
  const graph = new Graph()
  nucleusDetector(config, graph.input('image', [1, 3, 32, 32]))
  return layoutOf(graph.parameters)
}
