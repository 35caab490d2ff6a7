import type { Random } from '../nn/random.ts'

/**
 * The rows that a codebook's codes were assigned since it was last moved. Codes follow their rows (k-means over a
 * sliding window) instead of a gradient; unused codes are moved to random rows.
 */
export interface CodebookWindow {
  /** @param rows [N, width], each of length 1; @param codes the code of each row */
  add(rows: Float32Array, codes: ArrayLike<number | bigint>): void
  /** How often each code was used. */
  readonly uses: Uint32Array
  /**
   * Moves each code in place towards the mean of its rows by the share `rate`, moves hardly used codes to random rows,
   * and empties the window.
   * @returns how many codes were moved to random rows
   */
  move(codebook: Float32Array, rate: number, random: Random): number
}

/** A code used less than this share of an even distribution is moved to a random row. */
const leastShare = 0.05

export function codebookWindow(vocabulary: number, width: number): CodebookWindow {
  const sums = new Float32Array(vocabulary * width)
  const uses = new Uint32Array(vocabulary)
  let seen: Float32Array[] = []
  return {
    uses,
    add(rows, codes) {
      for (let i = 0; i < codes.length; i++) {
        const code = Number(codes[i])
        uses[code]++
        for (let k = 0; k < width; k++) sums[code * width + k] += rows[i * width + k]
      }
      seen.push(rows)
    },
    move(codebook, rate, random) {
      const met = uses.reduce((a, b) => a + b, 0)
      const least = (leastShare * met) / vocabulary
      let revived = 0
      for (let code = 0; code < vocabulary; code++) {
        const own = codebook.subarray(code * width, (code + 1) * width)
        if (uses[code] < least) {
          const rows = seen[random.below(seen.length)]
          const row = random.below(rows.length / width)
          own.set(rows.subarray(row * width, (row + 1) * width))
          revived++
        } else if (uses[code] > 0)
          for (let k = 0; k < width; k++) own[k] = (1 - rate) * own[k] + (rate * sums[code * width + k]) / uses[code]
        const length = Math.hypot(...own) || 1
        for (let k = 0; k < width; k++) own[k] /= length
      }
      sums.fill(0)
      uses.fill(0)
      seen = []
      return revived
    },
  }
}

/** Weight of a window in the running shares, and how fast the cost follows, per move. */
const shareRate = 0.2
const costRate = 0.2
/** Smallest share of a code, relative to an even share, so that a code moved elsewhere can be used again. */
const shareFloor = 0.1

/** Rarity cost at the start of training for a perplexity: almost none. */
export const initialRarityCost = 0.01

/**
 * Updates each code's share from a window's uses, and the cost of rarity: it rises while tokens are more varied than
 * `perplexity`, and falls while they are less varied. Changes both in place.
 * @param logShare [vocabulary]
 * @param cost [1]
 */
export function followRarity(logShare: Float32Array, cost: Float32Array, uses: Uint32Array, perplexity: number): void {
  const met = uses.reduce((a, b) => a + b, 0)
  if (met === 0) return
  let entropy = 0
  for (let code = 0; code < uses.length; code++) {
    const share = (1 - shareRate) * Math.exp(logShare[code]) + (shareRate * uses[code]) / met
    if (share > 0) entropy -= share * Math.log(share)
    logShare[code] = Math.log(Math.max(share, shareFloor / uses.length))
  }
  const tooVaried = Math.min(Math.max(entropy - Math.log(perplexity), -1), 1)
  cost[0] = Math.min(1, cost[0] * Math.exp(costRate * tooVaried))
}

/** Returns how tokens use a vocabulary: see CodebookUse in the engine's contract. */
export function codebookUse(tokens: Int32Array, vocabulary: number) {
  const counts = new Uint32Array(vocabulary)
  for (const token of tokens) counts[token]++
  let entropy = 0
  for (const n of counts) if (n > 0) entropy -= (n / tokens.length) * Math.log(n / tokens.length)
  return {
    tokens: tokens.length,
    share: counts.reduce((k, n) => k + (n > 0 ? 1 : 0), 0) / vocabulary,
    perplexity: Math.exp(entropy),
    mostFrequent: counts.reduce((a, n) => Math.max(a, n), 0) / tokens.length,
  }
}
