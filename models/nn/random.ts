/** Seeded random numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Uniform integer in [0, n). */
  below(n: number): number
  /** Standard normal. */
  normal(): number
  /** A random order of 0 … n−1. */
  permutation(n: number): Uint32Array
  /** Returns the state, from which `restore` continues the same sequence. */
  save(): number
  restore(state: number): void
}

/** splitmix32: 32 bits of state. Passes PractRand far beyond the amount that augmentation and initialisation draw. */
export function random(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    next,
    below,
    between: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    permutation: (n) => {
      const order = Uint32Array.from({ length: n }, (_, i) => i)
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[order[i], order[j]] = [order[j], order[i]]
      }
      return order
    },
    save: () => state,
    restore: (saved) => void (state = saved >>> 0),
  }
}
