import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/convolution.ts'
import { samePadding } from '../ops/convolution.ts'
import { add, clip } from '../ops/elementwise.ts'

/** repeats, kernel, stride, expansion, in, out */
const stages = [
  [1, 3, 1, 1, 32, 16],
  [2, 3, 2, 6, 16, 24],
  [2, 5, 2, 6, 24, 40],
  [3, 3, 2, 6, 40, 80],
  [3, 5, 1, 6, 80, 112],
] as const

export function stemFeatures(image: Value): Value[] {
  const { graph } = image
  const conv = (x: Value, name: string, out: number, kernel: number, stride: number, groups: number) =>
    convolution(x, name, out, kernel, {
      stride,
      groups,
      padding: samePadding([x.shape[2] as number, x.shape[3] as number], kernel, stride),
    })
  return graph.scope('stem', () => {
    let x = clip(conv(image, 'conv', 32, 3, 2, 1), 0, 6)
    const features: Value[] = []
    let index = 0
    for (const [repeats, kernel, stride, expansion, , out] of stages) {
      for (let r = 0; r < repeats; r++) {
        x = graph.scope(`blocks.${index++}`, () => {
          const into = x.shape[1] as number
          const step = r === 0 ? stride : 1
          const wide = expansion > 1 ? clip(conv(x, 'expand', into * expansion, 1, 1, 1), 0, 6) : x
          const deep = clip(conv(wide, 'depthwise', into * expansion, kernel, step, into * expansion), 0, 6)
          const narrow = conv(deep, 'project', out, 1, 1, 1)
          return step === 1 && into === out ? add(narrow, x) : narrow
        })
      }
      features.push(x)
    }
    return [features[0], features[1], features[2], features[4]]
  })
}

export const publishedNames = (name: string): { conv: string; norm: string } | undefined => {
  const match = /^stem\.(?:(conv)|blocks\.(\d+)\.(expand|depthwise|project))$/.exec(name)
  if (!match) return undefined
  if (match[1]) return { conv: '_conv_stem', norm: '_bn0' }
  const block = `_blocks.${match[2]}.`
  const norm = { expand: '_bn0', depthwise: '_bn1', project: '_bn2' }[match[3] as 'expand']
  return { conv: `${block}_${match[3]}_conv`, norm: block + norm }
}
