import { expect } from 'vitest'
import { Graph, type Value } from '../../models/graph/graph.ts'
import { gradients } from '../../models/autodiff.ts'
import { mul } from '../../models/ops/elementwise.ts'
import { sum } from '../../models/ops/reduce.ts'
import { random } from '../../models/nn/random.ts'
import { graphSession, type Numbers } from '../../electron/engine/runtime/session.ts'

export interface GradientCheck {
  /** Largest error allowed, relative to the gradient's own size. */
  readonly tolerance?: number
  /** Numbers that are not checked (indices, say), by name. */
  readonly fixed?: Readonly<Record<string, Numbers>>
  /** Range of the random inputs. */
  readonly range?: readonly [number, number]
  readonly seed?: number
  /** Which parameters are checked, by name; all where absent. Those whose loss has kinks cannot be. */
  readonly only?: (name: string) => boolean
  /** Check at most this many entries of each parameter (all where absent). */
  readonly sample?: number
}

/**
 * Compares gradients with central differences in float64. `build` makes any tensor from parameters; the loss is its
 * sum weighted by fixed random numbers, so that every entry counts differently.
 */
export async function checkGradients(
  build: (graph: Graph) => Value,
  { tolerance = 1e-6, fixed = {}, range = [-1.5, 1.5], seed = 1, sample, only = () => true }: GradientCheck = {},
): Promise<void> {
  const graph = new Graph('float64')
  const result = build(graph)
  const rng = random(seed)
  const size = (value: Value) => value.shape.reduce<number>((a, d) => a * (d as number), 1)
  const weights = graph.constant(
    'loss_weights',
    Float64Array.from({ length: size(result) }, () => rng.between(-1, 1)),
    result.shape as number[],
  )
  const loss = sum(mul(result, weights))
  const grads = gradients(loss, graph.parameters)
  const values = Object.fromEntries(
    graph.parameters.map((p) => [
      p.name,
      Float64Array.from({ length: size(p) }, () => rng.between(range[0], range[1])),
    ]),
  )
  const outputs = Object.fromEntries(graph.parameters.map((p, i) => [`d ${p.name}`, grads[i]]))
  const backward = await graphSession(graph, outputs, { threads: 1 })
  const forward = await graphSession(graph, { loss }, { threads: 1 })
  const lossAt = async () => (await forward.run({ ...fixed, ...values })).loss.data[0] as number

  const analytic = await backward.run({ ...fixed, ...values })
  expect(graph.parameters.length, 'a gradient check needs a parameter').toBeGreaterThan(0)
  for (const parameter of graph.parameters.filter(({ name }) => only(name))) {
    const data = values[parameter.name]
    const gradient = analytic[`d ${parameter.name}`].data as Float64Array
    expect(gradient.length).toBe(data.length)
    const scale = Math.max(1e-3, ...gradient.map(Math.abs))
    const entries =
      sample && sample < data.length ? Array.from({ length: sample }, () => rng.below(data.length)) : [...data.keys()]
    for (const i of entries) {
      const x = data[i]
      const difference = async (h: number) => {
        data[i] = x + h
        const up = await lossAt()
        data[i] = x - h
        const down = await lossAt()
        data[i] = x
        return (up - down) / (2 * h)
      }
      // Richardson's extrapolation takes the h² error away, which alone would exceed 1e-6.
      const numeric = (4 * (await difference(5e-4)) - (await difference(1e-3))) / 3
      expect(
        Math.abs(gradient[i] - numeric) / scale,
        `∂loss/∂${parameter.name}[${i}]: ${gradient[i]} against ${numeric}`,
      ).toBeLessThan(tolerance)
    }
  }
  await backward.release()
  await forward.release()
}
