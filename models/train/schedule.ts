/**
 * Learning rate at `step` of `steps`: linear warm-up from 0 to `peak` over `warmup` steps, then half a cosine to `end`.
 */
export function warmupCosine(step: number, steps: number, warmup: number, peak: number, end: number): number {
  if (step < warmup) return (peak * (step + 1)) / warmup
  const t = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
  return end + 0.5 * (peak - end) * (1 + Math.cos(Math.PI * t))
}
