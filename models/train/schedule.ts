/**
 * Learning rate at `step` of `steps`: rises linearly from 0 to `peak` over `warmup` steps, then falls as a half cosine
 * to `end`.
 */
export function warmupCosine(step: number, steps: number, warmup: number, peak: number, end: number): number {
  if (step < warmup) return (peak * (step + 1)) / warmup
  const t = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
  return end + 0.5 * (peak - end) * (1 + Math.cos(Math.PI * t))
}

/**
 * Factor of the learning rate under layer-wise decay (BEiT). Embeddings are layer 0, block ℓ is layer ℓ + 1, and the
 * final norm and heads are the top layer.
 * @param layers number of blocks
 */
export function layerRate(name: string, layers: number, decay: number): number {
  const block = /^blocks\.(\d+)\./.exec(name)
  const depth = block ? Number(block[1]) + 1 : /^(norm|head)\./.test(name) ? layers + 1 : 0
  return decay ** (layers + 1 - depth)
}
