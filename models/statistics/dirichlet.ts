import type { Random } from '../nn/random.ts'

/** Draws from the gamma distribution with this shape and scale 1 (Marsaglia and Tsang 2000). */
export function drawGamma(shape: number, rng: Random): number {
  // Their method needs a shape of at least 1: gamma(a) = gamma(a + 1) · U^(1/a).
  if (shape < 1) return drawGamma(shape + 1, rng) * (1 - rng.next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = rng.normal()
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    if (Math.log(1 - rng.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Draws fractions that add up to 1 from the Dirichlet distribution with these parameters, all above 0. */
export function drawDirichlet(parameters: ArrayLike<number>, rng: Random): Float64Array {
  const fractions = Float64Array.from(parameters, (parameter) => drawGamma(parameter, rng))
  const sum = fractions.reduce((a, b) => a + b, 0)
  // All draws of very small parameters can be 0 in floating point. The distribution then has all its mass on one class.
  if (sum === 0) fractions[rng.below(fractions.length)] = 1
  return sum === 0 ? fractions : fractions.map((f) => f / sum)
}
