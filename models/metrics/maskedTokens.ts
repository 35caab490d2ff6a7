/**
 * How well masked visual tokens are predicted, compared with two methods that need no network: always the most frequent
 * token, and the token of the nearest visible place.
 */
export interface MaskedTokenScore {
  /** Masked tokens scored. */
  readonly tokens: number
  /** Share predicted correctly. */
  readonly accuracy: number
  /** Accuracy of always predicting the token that is most frequent among those scored. */
  readonly mostFrequent: number
  /** Accuracy of predicting the token of the nearest visible place. */
  readonly nearestVisible: number
}

/** Returns a counter that is filled crop by crop. */
export function maskedTokenScore() {
  let [tokens, right, copied] = [0, 0, 0]
  const frequency = new Map<number, number>()
  return {
    /** Adds one masked token: the true one, the predicted one, and the one copied from the nearest visible place. */
    add(truth: number, predicted: number, copy: number): void {
      tokens++
      if (predicted === truth) right++
      if (copy === truth) copied++
      frequency.set(truth, (frequency.get(truth) ?? 0) + 1)
    },
    score(): MaskedTokenScore {
      const of = Math.max(tokens, 1)
      return {
        tokens,
        accuracy: right / of,
        mostFrequent: Math.max(0, ...frequency.values()) / of,
        nearestVisible: copied / of,
      }
    },
  }
}

/**
 * Returns the nearest visible patch of each patch, by Euclidean distance between centres; among equals the first in
 * reading order.
 * @param mask 1 for each masked patch, length grid²
 * @returns index of a visible patch for each patch: its own index if it is visible, −1 if no patch is visible
 */
export function nearestVisible(mask: Uint8Array, grid: number): Int32Array {
  const visible = [...mask.keys()].filter((at) => !mask[at])
  return Int32Array.from(mask, (masked, at) => {
    if (!masked) return at
    let [best, distance] = [-1, Infinity]
    for (const other of visible) {
      const d = ((at % grid) - (other % grid)) ** 2 + (Math.floor(at / grid) - Math.floor(other / grid)) ** 2
      if (d < distance) [best, distance] = [other, d]
    }
    return best
  })
}
