import { fixed, type Shape } from '../graph/dim.ts'

/** Where a parameter is stored in the flat arrays of values, gradients and moments. */
export interface ParameterSlot {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly size: number
}

/** The order of a network's parameters in one flat array. */
export interface ParameterLayout {
  readonly slots: readonly ParameterSlot[]
  readonly size: number
  slot(name: string): ParameterSlot
}

export function layoutOf(parameters: readonly { readonly name: string; readonly shape: Shape }[]): ParameterLayout {
  let offset = 0
  const slots = parameters.map(({ name, shape }) => {
    const numbers = shape.map((dim) => fixed(dim, `A dimension of parameter "${name}"`))
    const size = numbers.reduce((a, b) => a * b, 1)
    const slot = { name, shape: numbers, offset, size }
    offset += size
    return slot
  })
  const byName = new Map(slots.map((slot) => [slot.name, slot]))
  return {
    slots,
    size: offset,
    slot(name) {
      const found = byName.get(name)
      if (!found) throw new Error(`The network has no parameter named "${name}".`)
      return found
    },
  }
}

/** A network's weights: one flat array, and the names and places of the parameters in it. */
export interface Weights {
  readonly layout: ParameterLayout
  readonly values: Float32Array
}

/** Returns the numbers of one parameter, as a view. */
export function weightsOf(weights: Weights, name: string): Float32Array {
  const { offset, size } = weights.layout.slot(name)
  return weights.values.subarray(offset, offset + size)
}
