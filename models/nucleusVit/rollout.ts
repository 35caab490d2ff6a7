/**
 * Attention rollout (Abnar & Zuidema 2020): how much of token `query` after all blocks comes from each token before them,
 * where a block takes half from its own token (the residual) and half by attention: r ← ½·r + ½·r·A, from the last block
 * to the first.
 * @param attentions mean over heads of each block, first block first, each [tokens, tokens]
 * @returns [tokens], adds up to 1
 */
export function attentionRollout(attentions: readonly Float32Array[], tokens: number, query: number): Float32Array {
  let share = new Float64Array(tokens)
  share[query] = 1
  for (const attention of [...attentions].reverse()) {
    const next = share.map((v) => v / 2)
    for (let row = 0; row < tokens; row++) {
      const half = share[row] / 2
      if (half === 0) continue
      for (let k = 0; k < tokens; k++) next[k] += half * attention[row * tokens + k]
    }
    share = next
  }
  return Float32Array.from(share)
}
