/**
 * Attention rollout (Abnar & Zuidema 2020): the share of each input token in token `query` after all blocks. A block
 * takes half from the token itself (the residual) and half by attention: r ← ½·r + ½·r·A, from the last block to the
 * first.
 * @returns [tokens]; the shares add up to 1
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
