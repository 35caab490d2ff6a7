import { initialiseLora, loraSlots, mergeLora, type LoraOptions } from '../../../models/nn/lora.ts'
import { layoutOf, weightsOf, type ParameterLayout, type Weights } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'

/**
 * Which parameters are trained: `head`, only the head; `lora`, the head and low-rank updates of attention; `full`, all.
 * With `full` the stem may stay frozen, which saves half of a step's time.
 */
export type Method =
  | { readonly kind: 'head' }
  | { readonly kind: 'lora'; readonly lora: LoraOptions }
  | { readonly kind: 'full'; readonly stem?: 'frozen' }

/** Does a method train the parameter of this name directly, without a low-rank update? */
export function trainsItself(method: Method, name: string): boolean {
  if (method.kind !== 'full') return name.startsWith('head.')
  return method.stem !== 'frozen' || !name.startsWith('stem.')
}

/**
 * Default LoRA rank. Hu et al. (2022, table 6) find ranks 4 to 8 on the attention weights as good as 64. At width 192,
 * rank 8 is 2 % of the network's numbers. α = 2r is the scale in their reference code for small ranks.
 */
export const defaultRank = 8
export const loraOfRank = (rank: number): LoraOptions => ({ rank, alpha: 2 * rank })

/** The parameters that a method trains, with their numbers. The rest of the network is only fed. */
export interface Trainable extends Weights {
  readonly method: Method
  /** Writes the trained numbers back to the model's weights, which are then those of an ordinary network. */
  finish(): void
  /** Runs `use` while the model's weights hold what has been trained so far; training then goes on as if it had not. */
  during<T>(use: () => Promise<T>): Promise<T>
}

/** Weights that LoRA updates: in each block the projection to queries, keys and values and the output projection. */
const attentionWeight = /\.attn\.(qkv|proj)\.weight$/

const partsOf = (method: Method, layout: ParameterLayout) => ({
  own: layout.slots.filter(({ name }) => trainsItself(method, name)),
  updates:
    method.kind === 'lora'
      ? loraSlots(
          layout.slots.filter(({ name }) => attentionWeight.test(name)),
          method.lora.rank,
        )
      : [],
})

/** Returns how many numbers of a network a method trains. */
export function trainedSize(method: Method, layout: ParameterLayout): number {
  const { own, updates } = partsOf(method, layout)
  return layoutOf([...updates, ...own]).size
}

/**
 * Returns the parameters that a method trains.
 * @param model weights of the whole network. If all of them are trained, training changes them directly; otherwise
 * `finish` does
 */
export function trainable(method: Method, model: Weights, rng: Random): Trainable {
  const { own, updates } = partsOf(method, model.layout)
  if (own.length === model.layout.slots.length)
    return { ...model, method, finish: () => undefined, during: (use) => use() }
  const layout = layoutOf([...updates, ...own])
  const trained = { layout, values: new Float32Array(layout.size) }
  for (const { name } of own) weightsOf(trained, name).set(weightsOf(model, name))
  initialiseLora(trained, rng)
  const finish = () => {
    if (method.kind === 'lora') mergeLora(model, trained, method.lora)
    for (const { name } of own) weightsOf(model, name).set(weightsOf(trained, name))
  }
  return {
    ...trained,
    method,
    finish,
    async during(use) {
      // Low-rank updates are added to these. Subtracted again, they would leave other numbers than before.
      const added = method.kind === 'lora' ? model.layout.slots.filter(({ name }) => attentionWeight.test(name)) : []
      const before = added.map(({ name }) => weightsOf(model, name).slice())
      finish()
      try {
        return await use()
      } finally {
        added.forEach(({ name }, k) => weightsOf(model, name).set(before[k]))
      }
    },
  }
}
