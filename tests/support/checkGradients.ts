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

/** How far float32, in which networks run, may differ from float64, relative to the largest number of a tensor. */
const float32Tolerance = 1e-4

/**
 * Compares gradients with central differences in float64, then the result and the gradients in float32 with those: for
 * float32 an op often has other nodes. `build` makes any tensor from parameters; the loss is its sum weighted by fixed
 * random numbers, so that every entry counts differently.
 */
export async function checkGradients(
  build: (graph: Graph) => Value,
  { tolerance = 1e-6, fixed = {}, range = [-1.5, 1.5], seed = 1, sample, only = () => true }: GradientCheck = {},
): Promise<void> {
  const rng = random(seed)
  // Numbers that float32 holds too, so that both compute with the same.
  const drawn = (length: number, from: number, to: number) =>
    Float64Array.from({ length }, () => Math.fround(rng.between(from, to)))
  let weights: Float64Array | undefined
  const withLoss = (graph: Graph) => {
    const result = build(graph)
    weights ??= drawn(size(result), -1, 1)
    const loss = sum(mul(result, graph.constant('loss_weights', weights, result.shape as number[])))
    const grads = gradients(loss, graph.parameters)
    return { result, loss, grads: Object.fromEntries(graph.parameters.map((p, i) => [`d ${p.name}`, grads[i]])) }
  }
  const graph = new Graph('float64')
  const { result, loss, grads } = withLoss(graph)
  const values = Object.fromEntries(graph.parameters.map((p) => [p.name, drawn(size(p), ...range)]))
  const backward = await graphSession(graph, { result, ...grads }, { threads: 1 })
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
  await expectAlikeInFloat32(withLoss, { ...fixed, ...values }, numbersOf(analytic))
  await backward.release()
  await forward.release()
}

const size = ({ shape }: Value) => shape.reduce<number>((a, d) => a * (d as number), 1)

const numbersOf = (results: Readonly<Record<string, { readonly data: ArrayLike<unknown> }>>) =>
  Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]))

async function expectAlikeInFloat32(
  withLoss: (graph: Graph) => { result: Value; grads: Record<string, Value> },
  feeds: Readonly<Record<string, Numbers>>,
  expected: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const graph = new Graph('float32')
  const { result, grads } = withLoss(graph)
  const session = await graphSession(graph, { result, ...grads }, { threads: 1 })
  const found = numbersOf(
    await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, v]) => [name, v instanceof Float64Array ? Float32Array.from(v) : v]),
      ),
    ),
  )
  await session.release()
  for (const [name, right] of Object.entries(expected)) {
    const largest = Math.max(1e-3, ...right.map(Math.abs))
    right.forEach((v, i) =>
      expect(
        Math.abs(found[name][i] - v) / largest,
        `${name}[${i}] in float32: ${found[name][i]} against ${v}`,
      ).toBeLessThan(float32Tolerance),
    )
  }
}
