import type { Graph } from '../../../models/graph/graph.ts'
import { type Value } from '../../../models/graph/graph.ts'
import { loraDense, type Dense } from '../../../models/nn/dense.ts'
import { weightsOf, type ParameterLayout, type Weights } from '../../../models/nn/parameters.ts'
import { featureWidth, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { classHead } from '../../../models/nucleusVit/network.ts'
import { add } from '../../../models/ops/elementwise.ts'
import { gemm } from '../../../models/ops/linear.ts'
import { crossEntropy } from '../../../models/train/loss.ts'
import type { Numbers } from '../runtime/session.ts'
import { trainsItself, type Method, type Trainable } from './trainable.ts'

/** What is fed for one crop of training, besides weights. */
export interface TrainingFeeds extends CropFeeds {
  /** [2·layers], drop path */
  readonly branch_scale: Float32Array
  /** [N, classes] */
  readonly targets: Float32Array
  /** [M, F]: nuclei that train the head alone */
  readonly replay_tokens: Float32Array
  /** [M, classes] */
  readonly replay_targets: Float32Array
}

export interface PassOptions {
  readonly config: NucleusVitConfig
  readonly classes: number
  readonly model: Weights
  readonly trained: Trainable
}

/** Loss of one crop and its gradient by what is trained, and by nothing else. */
export interface GradientPass<Feeds> {
  /**
   * @param gradient as long as the trained numbers: overwritten, or added to
   * @returns the loss
   */
  run(feeds: Feeds, gradient: Float32Array, addTo: boolean): Promise<number>
}

/** Cross-entropy of the crop's nuclei and of the replayed tokens under the one head. nuclei: [N, F] */
export function trainingLoss(config: NucleusVitConfig, nuclei: Value, classes: number): Value {
  const { graph } = nuclei
  const logits = classHead(nuclei, classes)
  const [weight, bias] = graph.parameters.slice(-2)
  const replayed = gemm(graph.input('replay_tokens', ['M', featureWidth(config)]), weight, { transB: true, bias })
  return add(
    crossEntropy(logits, graph.input('targets', ['N', classes])),
    crossEntropy(replayed, graph.input('replay_targets', ['M', classes])),
  )
}

/** How a method computes the blocks' linear layers. */
export const denseOf = (method: Method): { attention?: Dense } | undefined =>
  method.kind === 'lora' ? { attention: loraDense(method.lora) } : undefined

/** Does a method train the parameter of this name? */
export const trains = (method: Method, name: string): boolean => trainsItself(method, name) || /\.lora_[ab]$/.test(name)

/** The parameters of a graph that a method trains. */
export const trainedOf = (graph: Graph, method: Method): Value[] =>
  graph.parameters.filter(({ name }) => trains(method, name))

/** The output that brings a parameter's gradient: an ONNX output may not have an input's name. */
export const gradientOf = (name: string): string => `out ${name}`

/** Numbers of a parameter: the trained ones where it is trained, else the model's. */
export const numbersOf = ({ model, trained }: PassOptions, name: string): Numbers =>
  weightsOf(trains(trained.method, name) ? trained : model, name)

/** Where each parameter's gradient goes in a flat array, by output name. */
export const gradientViews = (
  layout: ParameterLayout,
  array: Float32Array,
  names: readonly string[],
): Record<string, Float32Array> =>
  Object.fromEntries(names.map((name) => [gradientOf(name), weightsOf({ layout, values: array }, name)]))

export function addInto(sum: Float32Array, part: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += part[i]
}
