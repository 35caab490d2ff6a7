import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FailureError } from '../../../electron/contract/index.ts'
import { importStem } from '../../../electron/formats/weights/importStem.ts'
import type { StoredTensor } from '../../../electron/formats/weights/safetensors.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { sparseMatMul } from '../../../models/ops/sparse.ts'
import { efficientNet, featureStrides, stemPixel } from '../../../models/stem/efficientNet.ts'
import { roiSamples } from '../../../models/stem/roiSamples.ts'

/** Numbers of PyTorch (reference/make_stem.py). */
const { side, shapes, features, roi } = JSON.parse(
  readFileSync(new URL('./reference/stem.json', import.meta.url), 'utf8'),
) as {
  side: number
  shapes: Record<string, number[]>
  features: Record<string, { shape: number[]; norm: number; at: number[] }>
  roi: { cells: number; channels: number; stride: number; boxes: number[][]; bins: number[] }
}

/** The reference's weights, under the published checkpoint's names. */
function checkpoint(): Map<string, StoredTensor> {
  const names = Object.keys(shapes)
  return new Map(
    names.map((name, k) => {
      const shape = shapes[name]
      const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
      const data = Float32Array.from({ length: shape[0] * inputs }, (_, j) => {
        const wave = Math.sin(0.37 * j + k)
        if (name.endsWith('running_var')) return 1 + 0.5 * wave
        if (name.includes('_bn')) return (name.endsWith('weight') ? 1 : 0) + 0.3 * wave
        return (wave * 2.5) / Math.sqrt(inputs)
      })
      return [name, { shape, data }]
    }),
  )
}

const failure = (change: (stored: Map<string, StoredTensor>) => void): string => {
  const stored = checkpoint()
  change(stored)
  try {
    importStem(stored, 'lite0.pth')
  } catch (error) {
    if (error instanceof FailureError) return error.message
    throw error
  }
  return 'none'
}

describe('an imported EfficientNet-Lite0 stem', () => {
  it('gives PyTorch’s features at strides 2, 4, 8 and 16, batch normalisation folded in', async () => {
    const { weights } = importStem(checkpoint(), 'lite0.pth')
    const image = new Float32Array(3 * side * side)
    for (let i = 0; i < image.length; i++) {
      const byte = Math.floor((Math.sin(i * 0.001 * i) * 0.5 + 0.5) * 255)
      image[(i % 3) * side * side + Math.floor(i / 3)] = stemPixel(byte)
    }
    const graph = new Graph()
    const maps = graph.scope('stem', () => efficientNet(graph.input('image', [1, 3, side, side]), 'efficientnet-lite0'))
    const session = await graphSession(graph, Object.fromEntries(featureStrides.map((s) => [`stride${s}`, maps[s]])))
    const result = await session.run({ image, ...Object.fromEntries(weights.map(([name, { data }]) => [name, data])) })
    for (const stride of featureStrides) {
      const { data, dims } = result[`stride${stride}`]
      const { shape, norm, at } = features[stride]
      expect(dims).toEqual(shape)
      const numbers = data as Float32Array
      expect(Math.sqrt(numbers.reduce((sum, v) => sum + v * v, 0)) / norm).toBeCloseTo(1, 5)
      at.forEach((wanted, k) => expect(numbers[(7919 * k) % numbers.length], `stride ${stride}`).toBeCloseTo(wanted, 4))
    }
  })

  it('is an encoder without classes, all but the stem started new, and what it does not use is named', () => {
    const stored = checkpoint().set('_fc.weight', { shape: [2, 2], data: new Float32Array(4) })
    const { architecture, classes, initialised, left, resized } = importStem(stored, 'lite0.pth')
    expect(architecture.stem).toBe('efficientnet-lite0')
    expect(classes).toEqual([])
    expect(resized.every(({ name }) => name.startsWith('stem.'))).toBe(true)
    expect(initialised).toContain('blocks.0.attn.qkv.weight')
    expect(left).toEqual([{ name: '_fc.weight', why: 'after the last block that is used, or its head' }])
  })

  it('is refused where a tensor is missing or has another shape, and the tensor is named', () => {
    expect(failure((all) => all.delete('_blocks.7._bn1.running_mean'))).toMatch(
      /lite0\.pth must hold "_blocks\.7\._bn1\.running_mean" of shape \[480\].*; it is missing/,
    )
    expect(
      failure((all) =>
        all.set('_blocks.3._depthwise_conv.weight', { shape: [144, 1, 3, 3], data: new Float32Array(1296) }),
      ),
    ).toMatch(/"_blocks\.3\._depthwise_conv\.weight" of shape \[144, 1, 5, 5\].*; its shape is \[144, 1, 3, 3\]/)
    expect(failure((all) => all.get('_bn0.running_var')!.data.fill(-1))).toMatch(/variances of at least 0 in "_bn0/)
  })
})

describe('RoIAlign as a sparse matrix', () => {
  it('gives torchvision’s bins, aligned and with two samples an axis', async () => {
    const { cells, channels, stride, boxes, bins } = roi
    const graph = new Graph()
    const rows = 9 * boxes.length
    const matrix = { index: graph.input('index', [rows, 16], 'int64'), weight: graph.input('weight', [rows, 16]) }
    const y = sparseMatMul(graph.input('x', [cells * cells, channels]), matrix, matrix)
    const session = await graphSession(graph, { y })
    const x = Float32Array.from({ length: cells * cells * channels }, (_, i) =>
      Math.sin(0.7 * ((i % channels) * cells * cells + Math.floor(i / channels))),
    )
    const result = await session.run({ x, ...roiSamples(boxes.flat(), cells, 1 / stride, 3) })
    Array.from(result.y.data, Number).forEach((v, i) => expect(v, `number ${i}`).toBeCloseTo(bins[i], 5))
  })
})
