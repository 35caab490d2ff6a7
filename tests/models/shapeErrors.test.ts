import { describe, expect, it } from 'vitest'
import { Graph, type Value } from '../../models/graph/graph.ts'
import { loraUpdate } from '../../models/nn/lora.ts'
import { conv2d, convTranspose2d } from '../../models/ops/convolution.ts'
import { add } from '../../models/ops/elementwise.ts'
import { groupNorm } from '../../models/ops/groupNorm.ts'
import { indexCrossEntropy } from '../../models/ops/indexCrossEntropy.ts'
import { gemm, matMul } from '../../models/ops/linear.ts'
import { defineOp, ShapeError } from '../../models/ops/op.ts'
import { maxPool } from '../../models/ops/pooling.ts'
import { select } from '../../models/ops/select.ts'
import { concat, reshape } from '../../models/ops/shape.ts'

/** op, a misuse in scope "blocks.3.attn", and what the message must name beside op and scope */
const misuses: [op: string, build: (input: (...shape: (number | string)[]) => Value) => unknown, names: string[]][] = [
  ['add', (x) => add(x(2, 3), x(4)), ['[2, 3]', '[4]']],
  ['gemm', (x) => gemm(x(2, 3), x(4, 5)), ['[2, 3]', '[4, 5]', 'inner dimensions']],
  ['matMul', (x) => matMul(x(2, 3, 4), x(2, 5, 6)), ['[2, 3, 4]', '[2, 5, 6]']],
  ['concat', (x) => concat([x(2, 3), x(3, 4)], 0), ['[2, 3]', '[3, 4]']],
  ['reshape', (x) => reshape(x('N', 4), ['N', 5]), ['[N, 4]', '[N, 5]']],
  ['conv2d', (x) => conv2d(x(1, 3, 8, 8), x(4, 2, 3, 3)), ['[1, 3, 8, 8]', '[4, 2, 3, 3]', 'channels', '3 and 2']],
  ['conv2d', (x) => conv2d(x(1, 2, 2, 8), x(4, 2, 3, 3)), ['[1, 2, 2, 8]', 'as large as the kernel 3×3']],
  ['conv2d', (x) => conv2d(x(1, 2, 'H', 8), x(4, 2, 3, 3)), ['height', '"H"']],
  ['conv2d', (x) => conv2d(x(1, 2, 8, 8), x(4, 2, 3, 3), { stride: 0 }), ['stride', 'not 0']],
  ['conv2d', (x) => conv2d(x(1, 2, 8, 8), x(4, 2, 3, 3), {}, x(5)), ['bias', '[4]', '[5]']],
  ['convTranspose2d', (x) => convTranspose2d(x(2, 3), x(3, 2, 2, 2)), ['[2, 3]', '[3, 2, 2, 2]']],
  [
    'convTranspose2d',
    (x) => convTranspose2d(x(1, 3, 4, 4), x(3, 2, 2, 2), { stride: 2, size: [8, 10] }),
    ['8×10', '8×8'],
  ],
  ['maxPool', (x) => maxPool(x(1, 3, 5, 4)), ['[1, 3, 5, 4]', 'divisible by 2']],
  ['groupNorm', (x) => groupNorm(x(1, 6, 2, 2), x(6), x(6), 4), ['6 channels', '4 groups']],
  ['indexCrossEntropy', (x) => indexCrossEntropy(x('N', 9), x('M')), ['[N, 9]', '[M]', 'N and M']],
  ['select', (x) => select(x(3), x(2, 4), x(2, 4)), ['[3]', '[2, 4]']],
  ['gemm', (x) => loraUpdate(x(2, 3, 4), 'qkv', 6, { rank: 2, alpha: 4 }), ['[2, 3, 4]', 'matrices']],
]

describe('a shape that does not fit', () => {
  for (const [op, build, names] of misuses)
    it(`is refused by ${op}, naming ${names.join(', ')} and the scope`, () => {
      const graph = new Graph()
      let count = 0
      const input = (...shape: (number | string)[]) => graph.input(`x${count++}`, shape)
      let refusal: unknown
      try {
        graph.scope('blocks.3', () => graph.scope('attn', () => build(input)))
      } catch (error) {
        refusal = error
      }
      expect(refusal).toBeInstanceOf(ShapeError)
      for (const part of [`${op} in scope "blocks.3.attn`, ...names])
        expect((refusal as ShapeError).message).toContain(part)
    })
})

it('two values of one name are refused, so that a checkpoint cannot mean two parameters', () => {
  const graph = new Graph()
  graph.parameter('weight', [2])
  expect(() => graph.parameter('weight', [3])).toThrow(/two values named "weight"/)
})

it('an op without a gradient does not compile', () => {
  const withoutGradient = () =>
    // @ts-expect-error gradient is missing: a rule or 'notDifferentiable' must be stated
    defineOp({ name: 'unfinished', shape: ([x]) => x, forward: (onnx, [x]) => onnx.one('Cos', [x]) })
  expect(withoutGradient).toBeTypeOf('function')
})
