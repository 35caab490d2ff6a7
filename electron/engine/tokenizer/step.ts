import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf, type ParameterLayout } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { quantise } from '../../../models/nn/vectorQuantiser.ts'
import { add, mul, square, sub } from '../../../models/ops/elementwise.ts'
import { sum } from '../../../models/ops/reduce.ts'
import { initialRarityCost } from '../../../models/tokenizer/codebook.ts'
import { planes } from '../../../models/tokenizer/stainPlanes.ts'
import {
  codebookOf,
  codePreference,
  stainDecoder,
  stainEncoder,
  type StainTokenizerConfig,
} from '../../../models/tokenizer/stainTokenizer.ts'
import { pixelsPerToken } from '../../../models/tokenizer/views.ts'

/** Weight of the commitment loss (van den Oord et al. 2017). */
const commitment = 0.25

/** Builds the graph of a training step for pictures of one side length. Inputs: image [B, 2, side, side]; per_value,
 * 1/(number of values), and per_row, 1/(number of tokens), so that the losses of several graphs add up to one mean.
 */
export function tokenizerGraph(config: StainTokenizerConfig, side: number) {
  const graph = new Graph()
  const image = graph.input('image', ['B', planes, side, side])
  const rows = stainEncoder(config, image)
  const quantised = quantise(rows, codebookOf(image, config), codePreference(image, config))
  const picture = stainDecoder(config, quantised.rows, side / pixelsPerToken)
  const error = mul(sum(square(sub(picture, image))), graph.input('per_value', []))
  const distance = mul(sum(quantised.commitmentLoss), graph.input('per_row', []))
  const loss = add(error, mul(distance, graph.scalar(commitment)))
  return { graph, rows, codes: quantised.codes, picture, error, loss }
}

/** Returns the outputs of a training step. The gradient of parameter p is "out p". */
export function stepOutputs({ graph, rows, codes, error, loss }: ReturnType<typeof tokenizerGraph>) {
  const outputs: Record<string, Value> = { rows, codes, error, loss }
  const grads = gradients(loss, graph.parameters)
  graph.parameters.forEach((parameter, i) => (outputs[`out ${parameter.name}`] = grads[i]))
  return outputs
}

/** Returns the layout of encoder, codebook and decoder in every flat array. */
export const tokenizerLayout = (config: StainTokenizerConfig): ParameterLayout =>
  layoutOf(tokenizerGraph(config, 4 * pixelsPerToken).graph.parameters)

/** Parameters that are updated from the statistics of the tokens, not by a gradient. */
export const followers: readonly string[] = ['codebook', 'log_share', 'rarity_cost']

/** Returns the initial parameters: normal weights with standard deviation √(2/inputs) (He et al. 2015), biases 0, and
 * equally frequent codes of length 1 in random directions.
 */
export function initialTokenizer(layout: ParameterLayout, random: Random): Float32Array {
  const values = new Float32Array(layout.size)
  for (const { name, shape, offset, size } of layout.slots) {
    if (name.endsWith('bias')) continue
    const own = values.subarray(offset, offset + size)
    if (name === 'log_share') own.fill(-Math.log(size))
    if (name === 'rarity_cost') own.fill(initialRarityCost)
    if (name === 'log_share' || name === 'rarity_cost') continue
    // The first axis of decoder.image.weight is its inputs, and four tokens contribute to each pixel.
    const inputs = name === 'decoder.image.weight' ? 4 * shape[0] : size / shape[0]
    for (let i = 0; i < size; i++) own[i] = random.normal() * Math.sqrt(2 / inputs)
    if (name !== 'codebook') continue
    for (let at = 0; at < size; at += shape[1]) {
      const code = own.subarray(at, at + shape[1])
      const length = Math.hypot(...code)
      for (let k = 0; k < code.length; k++) code[k] /= length
    }
  }
  return values
}
