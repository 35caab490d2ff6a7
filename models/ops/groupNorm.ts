import { fixed, sameShape } from '../graph/dim.ts'
import type { Value } from '../graph/graph.ts'
import { mul, sub } from './elementwise.ts'
import { defineOp } from './op.ts'
import { mean, sum } from './reduce.ts'
import { reshape } from './shape.ts'
import { rule } from './shapes.ts'

interface GroupNormAttributes {
  groups: number
  epsilon: number
}
const groupNormOp = defineOp<GroupNormAttributes>({
  name: 'groupNorm',
  shape: ([x, weight, bias], { groups }) => {
    rule(x.length === 4, 'x must be [batch, channels, height, width]')
    const channels = fixed(x[1], 'The number of channels')
    rule(groups >= 1 && channels % groups === 0, `${channels} channels must be divisible by ${groups} groups`)
    rule(sameShape(weight, [channels]) && sameShape(bias, [channels]), `weight and bias must have shape [${channels}]`)
    return { all: [x, [x[0], groups, 1], [x[0], groups, 1]] }
  },
  // onnxruntime expands its GroupNormalization into more nodes than these, and returns neither mean nor deviation.
  forward: (onnx, [x, weight, bias], node) => {
    const { groups, epsilon } = node.attributes as GroupNormAttributes
    const [, channels, height, width] = node.inputs[0].shape as readonly number[]
    const axes = onnx.ints([2])
    const rows = onnx.one('Reshape', [x, onnx.ints([0, groups, (channels / groups) * height * width])])
    const mu = onnx.one('ReduceMean', [rows, axes], { keepdims: 1 })
    const centred = onnx.one('Sub', [rows, mu])
    const variance = onnx.one('ReduceMean', [onnx.one('Mul', [centred, centred]), axes], { keepdims: 1 })
    const deviation = onnx.one('Sqrt', [onnx.one('Add', [variance, onnx.scalar(epsilon)])])
    const inverse = onnx.one('Div', [onnx.scalar(1), deviation])
    const parts = onnx.ints([0, groups, channels / groups, height * width])
    const column = onnx.ints([groups, channels / groups, 1])
    // Multiplying 1/σ into the weight while both are small saves a pass over the image.
    const factor = onnx.one('Mul', [
      onnx.one('Unsqueeze', [inverse, onnx.ints([3])]),
      onnx.one('Reshape', [weight, column]),
    ])
    const scaled = onnx.one('Mul', [onnx.one('Reshape', [centred, parts]), factor])
    const y = onnx.one('Add', [scaled, onnx.one('Reshape', [bias, column])])
    return [onnx.one('Reshape', [y, onnx.ints([0, channels, height, width])]), mu, inverse]
  },
  gradient: (g, { inputs: [x, weight], outputs: [, mu, inverse], attributes: { groups } }) => {
    const [batch, channels, height, width] = x.shape
    const parts = [batch, groups, (channels as number) / groups, (height as number) * (width as number)]
    const perGroup = (value: Value) => reshape(value, [batch, groups, 1, 1])
    const normal = mul(sub(reshape(x, parts), perGroup(mu)), perGroup(inverse))
    const slope = reshape(g, parts)
    const scaled = mul(slope, reshape(weight, [groups, parts[2], 1]))
    const average = (value: Value) => mean(value, [2, 3], true)
    const inner = sub(sub(scaled, average(scaled)), mul(normal, average(mul(scaled, normal))))
    return [
      reshape(mul(inner, perGroup(inverse)), x.shape),
      reshape(sum(mul(slope, normal), [0, 3]), weight.shape),
      reshape(sum(slope, [0, 3]), weight.shape),
    ]
  },
})
/**
 * y = x̂·γ + β with x̂ = (x − μ)/σ over each group of channels of each image, σ² = var + ε   (Wu & He 2018)
 * One group: LayerNorm of the image; as many as channels: InstanceNorm.
 * ∂x = (g·γ − mean(g·γ) − x̂·mean(g·γ·x̂))/σ, ∂γ = Σ g·x̂, ∂β = Σ g over batch and pixels
 * @param x [B, C, H, W]
 * @param weight γ, [C]
 * @param bias β, [C]
 */
export const groupNorm = (x: Value, weight: Value, bias: Value, groups: number, epsilon = 1e-5): Value =>
  groupNormOp([x, weight, bias], { groups, epsilon })[0]
