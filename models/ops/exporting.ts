import type { Value } from '../graph/graph.ts'
import { defineOp } from './op.ts'
import { rule } from './shapes.ts'

/** Ops with which exported models start from raw pixels and boxes. None of them is trained through. */

const onnxFloat32 = 1
const onnxInt64 = 7
const onnxFloat64 = 11

const toFloatOp = defineOp({
  name: 'toFloat',
  shape: ([x]) => x,
  dtype: 'float32',
  forward: (onnx, [x]) => onnx.one('Cast', [x], { to: onnxFloat32 }),
  gradient: 'notDifferentiable',
})
/** y = x as float32 */
export const toFloat = (x: Value): Value => toFloatOp([x], undefined)[0]

const toIndexOp = defineOp<{ last: number }>({
  name: 'toIndex',
  shape: ([x]) => x,
  dtype: 'int64',
  forward: (onnx, [x], node) => {
    const { last } = node.attributes as { last: number }
    return onnx.one('Cast', [onnx.one('Clip', [x, onnx.scalar(0), onnx.scalar(last)])], { to: onnxInt64 })
  },
  gradient: 'notDifferentiable',
})
/** y = x clipped to 0 … last, fraction cut off, int64 */
export const toIndex = (x: Value, last: number): Value => toIndexOp([x], { last })[0]

interface RoiAlignAttributes {
  readonly bins: number
  readonly scale: number
  /** Samples per axis of each bin; 0: as many as the bin has cells. */
  readonly samples: number
  /** Whether the centres of cells are at half-integers. */
  readonly aligned: boolean
}
const roiAlignOp = defineOp<RoiAlignAttributes>({
  name: 'roiAlign',
  shape: ([map, boxes], { bins }) => {
    rule(map.length === 4 && map[0] === 1, 'the map must be [1, channels, rows, columns]')
    rule(boxes.length === 2 && boxes[1] === 4, 'boxes must be [n, 4]')
    return [boxes[0], map[1], bins, bins]
  },
  forward: (onnx, [map, boxes], node) => {
    const { bins, scale, samples, aligned } = node.attributes as RoiAlignAttributes
    const count = onnx.one('Slice', [onnx.one('Shape', [boxes]), onnx.ints([0]), onnx.ints([1])])
    const image = onnx.one('Expand', [onnx.ints([0]), count])
    return onnx.one('RoiAlign', [map, boxes, image], {
      coordinate_transformation_mode: aligned ? 'half_pixel' : 'output_half_pixel',
      mode: 'avg',
      output_height: bins,
      output_width: bins,
      sampling_ratio: samples,
      spatial_scale: { float: scale },
    })
  },
  gradient: 'notDifferentiable',
})
/**
 * RoIAlign (He et al. 2017) as in torchvision: aligned = false and adaptive sampling, unless the options say otherwise.
 * @param map [1, channels, rows, columns]
 * @param boxes xmin, ymin, xmax, ymax, [n, 4]
 * @param scale cells of the map per unit of the boxes
 * @returns [n, channels, bins, bins]
 */
export const roiAlign = (
  map: Value,
  boxes: Value,
  bins: number,
  scale: number,
  { samples = 0, aligned = false }: { readonly samples?: number; readonly aligned?: boolean } = {},
): Value => roiAlignOp([map, boxes], { bins, scale, samples, aligned })[0]

const fourierCodeOp = defineOp<{ frequencies: number }>({
  name: 'fourierCode',
  shape: ([t], { frequencies }) => {
    rule(t.length === 2 && t[1] === 1, 't must be a column')
    return [t[0], 2 * frequencies]
  },
  forward: (onnx, [t], node) => {
    const { frequencies } = node.attributes as { frequencies: number }
    const double = (x: string) => onnx.one('Cast', [x], { to: onnxFloat64 })
    const exponents = onnx.ints(Array.from({ length: frequencies }, (_, j) => j))
    const powers = onnx.one('Pow', [double(onnx.scalar(2)), double(exponents)])
    const within = onnx.one('Clip', [t, onnx.scalar(0), onnx.scalar(1)])
    const turns = onnx.one('Mod', [onnx.one('Mul', [double(within), powers]), double(onnx.scalar(2))], { fmod: 1 })
    const angle = onnx.one('Mul', [onnx.one('Cast', [turns], { to: onnxFloat32 }), onnx.scalar(Math.PI)])
    const pair = ['Sin', 'Cos'].map((type) => onnx.one('Unsqueeze', [onnx.one(type, [angle]), onnx.ints([2])]))
    return onnx.one('Reshape', [onnx.one('Concat', pair, { axis: 2 }), onnx.ints([-1, 2 * frequencies])])
  },
  gradient: 'notDifferentiable',
})
/**
 * y = [sin 2⁰πt, cos 2⁰πt, …, sin 2^(f−1)πt, cos 2^(f−1)πt] with t clipped to [0, 1]. 2ʲt is reduced modulo 2 in
 * float64, where it is exact.
 * @param t [n, 1]
 * @returns [n, 2·frequencies]
 */
export const fourierCode = (t: Value, frequencies: number): Value => fourierCodeOp([t], { frequencies })[0]
