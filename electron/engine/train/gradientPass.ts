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

/** The feeds of one training crop, without weights. */
export interface TrainingFeeds extends CropFeeds {
  /** [2·layers]: factors of the residual branches for drop path */
  readonly branch_scale: Float32Array
  /** [N, classes] */
  readonly targets: Float32Array
  /** [classes], from excludedClasses: the classes that the crop's data set does not know */
  readonly excluded: Float32Array
  /** [M, F]: features of nuclei that train only the head */
  readonly replay_tokens: Float32Array
  /** [M, classes] */
  readonly replay_targets: Float32Array
  /** [M, classes], from replayExcludedOf */
  readonly replay_excluded: Float32Array
}

export interface PassOptions {
  readonly config: NucleusVitConfig
  readonly classes: number
  readonly model: Weights
  readonly trained: Trainable
  /** Number of measured features that the tokens learn to tell beside the classes; none if absent. */
  readonly measured?: number
  /** How many crops of a step to compute at once; 1 if absent. For whole-graph training only. */
  readonly lanes?: number
}

/** Computes the loss of one crop and its gradient with respect to the trained parameters only. */
export interface GradientPass<Feeds> {
  /** How many crops to compute at the same time for best speed. Weights must not change meanwhile. */
  readonly atOnce: number
  /**
   * Gradients are added in the order of the calls, even where a later crop is computed first.
   * @param gradient one number per trained number; overwritten, or added to if `addTo`
   * @returns the loss
   */
  run(feeds: Feeds, gradient: Float32Array, addTo: boolean): Promise<number>
}

/** Cross-entropy of the crop's nuclei [N, F] and of the replayed tokens, with the same head. */
export function trainingLoss(config: NucleusVitConfig, nuclei: Value, classes: number): Value {
  const { graph } = nuclei
  const logits = classHead(nuclei, classes)
  const [weight, bias] = graph.parameters.slice(-2)
  const replayed = gemm(graph.input('replay_tokens', ['M', featureWidth(config)]), weight, { transB: true, bias })
  return add(
    crossEntropy(logits, graph.input('targets', ['N', classes]), graph.input('excluded', [classes])),
    crossEntropy(
      replayed,
      graph.input('replay_targets', ['M', classes]),
      graph.input('replay_excluded', ['M', classes]),
    ),
  )
}

/** Returns how a method computes the linear layers of the blocks. */
export const denseOf = (method: Method): { attention?: Dense } | undefined =>
  method.kind === 'lora' ? { attention: loraDense(method.lora) } : undefined

/** Does a method train the parameter of this name, or is it a LoRA update? */
export const trains = (method: Method, name: string): boolean => trainsItself(method, name) || /\.lora_[ab]$/.test(name)

/** Returns the parameters of a graph that a method trains. */
export const trainedOf = (graph: Graph, method: Method): Value[] =>
  graph.parameters.filter(({ name }) => trains(method, name))

/** Returns the name of the output with a parameter's gradient. An ONNX output may not have the name of an input. */
export const gradientOf = (name: string): string => `out ${name}`

/** Returns the numbers of a parameter: the trained copy if it is trained, otherwise the model's. */
export const numbersOf = ({ model, trained }: PassOptions, name: string): Numbers =>
  weightsOf(trains(trained.method, name) ? trained : model, name)

/** Returns views of a flat array where the parameters' gradients go, by output name. */
export const gradientViews = (
  layout: ParameterLayout,
  array: Float32Array,
  names: readonly string[],
): Record<string, Float32Array> =>
  Object.fromEntries(names.map((name) => [gradientOf(name), weightsOf({ layout, values: array }, name)]))

export function addInto(sum: Float32Array, part: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += part[i]
}
