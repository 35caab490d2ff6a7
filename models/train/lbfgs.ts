/** A loss and its gradient at one point. */
export interface Evaluation {
  readonly loss: number
  /** As long as the weights; a new array at each call */
  readonly gradient: Float32Array
}

export interface LbfgsOptions {
  /** Maximum number of iterations. */
  readonly steps: number
  /** Stops when the last `patience` iterations together lowered the loss by less than this share of it. */
  readonly tolerance?: number
  readonly patience?: number
  /** How many pairs of step and gradient change are kept. */
  readonly memory?: number
  /** Awaited after each iteration; may throw to cancel. */
  readonly onStep?: (step: number, loss: number) => Promise<void> | void
}

/**
 * Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.4), with backtracking until Armijo's condition holds. For
 * smooth convex losses over all data at once: it needs tens of evaluations where AdamW needs hundreds.
 * @param values starting point; changed in place to the best point found
 */
export async function lbfgs(
  values: Float32Array,
  evaluate: (values: Float32Array) => Promise<Evaluation>,
  { steps, tolerance = 1e-5, patience = 5, memory = 10, onStep }: LbfgsOptions,
): Promise<{ firstLoss: number; lastLoss: number; steps: number }> {
  let here = await evaluate(values)
  const losses = [here.loss]
  const kept: { s: Float64Array; y: Float64Array; sy: number }[] = []
  let step = 0
  while (step < steps && norm(here.gradient) > 0) {
    let direction = twoLoops(here.gradient, kept)
    if (!(dot(direction, here.gradient) < 0)) {
      kept.length = 0
      direction = twoLoops(here.gradient, kept)
    }
    const slope = dot(direction, here.gradient)
    // While no curvature is known, the first step has length 1 at most.
    let length = kept.length ? 1 : Math.min(1, 1 / norm(here.gradient))
    let next: Evaluation | undefined
    let point = values
    for (let tries = 0; tries < 20 && !next; tries++, length /= 2) {
      point = values.map((v, i) => v + length * direction[i])
      const there = await evaluate(point)
      if (there.loss <= here.loss + 1e-4 * length * slope) next = there
    }
    if (!next) break // float32 has no lower point along the search direction: converged
    const s = Float64Array.from(point, (v, i) => v - values[i])
    const y = Float64Array.from(next.gradient, (g, i) => g - here.gradient[i])
    const sy = dot(s, y)
    if (sy > 1e-12 * norm(s) * norm(y)) kept.push({ s, y, sy })
    if (kept.length > memory) kept.shift()
    values.set(point)
    here = next
    losses.push(here.loss)
    step++
    await onStep?.(step, here.loss)
    const before = losses[losses.length - 1 - patience]
    if (before !== undefined && before - here.loss < tolerance * Math.abs(here.loss)) break
  }
  return { firstLoss: losses[0], lastLoss: here.loss, steps: step }
}

/** Returns −H·g, where H is the inverse Hessian estimated from the kept pairs. */
function twoLoops(gradient: Float32Array, kept: readonly { s: Float64Array; y: Float64Array; sy: number }[]) {
  const q = Float64Array.from(gradient, (g) => -g)
  const alphas = kept.map(() => 0)
  for (let k = kept.length - 1; k >= 0; k--) {
    const { s, y, sy } = kept[k]
    alphas[k] = dot(s, q) / sy
    for (let i = 0; i < q.length; i++) q[i] -= alphas[k] * y[i]
  }
  const last = kept.at(-1)
  const scale = last ? last.sy / dot(last.y, last.y) : 1
  for (let i = 0; i < q.length; i++) q[i] *= scale
  for (const [k, { s, y, sy }] of kept.entries()) {
    const beta = dot(y, q) / sy
    for (let i = 0; i < q.length; i++) q[i] += (alphas[k] - beta) * s[i]
  }
  return q
}

type Numbers = Float32Array | Float64Array
function dot(a: Numbers, b: Numbers): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
const norm = (a: Numbers): number => Math.sqrt(dot(a, a))
