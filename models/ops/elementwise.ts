import type { Value } from '../graph/graph.ts'
import type { Emitter } from '../graph/onnx.ts'
import { defineOp, type GradientRule } from './op.ts'
import { broadcast } from './shapes.ts'

const binary = (name: string, type: string, gradient: GradientRule<undefined>) => {
  const op = defineOp({
    name,
    shape: ([a, b]) => broadcast(a, b),
    forward: (onnx, inputs) => onnx.one(type, inputs),
    gradient,
  })
  return (a: Value, b: Value): Value => op([a, b], undefined)[0]
}
const unary = (
  name: string,
  forward: string | ((onnx: Emitter, x: string) => string),
  gradient: GradientRule<undefined> | 'notDifferentiable',
) => {
  const op = defineOp({
    name,
    shape: ([x]) => x,
    forward: (onnx, [x]) => (typeof forward === 'string' ? onnx.one(forward, [x]) : forward(onnx, x)),
    gradient,
  })
  return (x: Value): Value => op([x], undefined)[0]
}

/** y = a + b;  ∂a = g, ∂b = g (autodiff.ts sums broadcast inputs back) */
export const add = binary('add', 'Add', (g) => [g, g])

/** y = a − b;  ∂a = g, ∂b = −g */
export const sub = binary('sub', 'Sub', (g) => [g, neg(g)])

/** y = a · b;  ∂a = g·b, ∂b = g·a */
export const mul = binary('mul', 'Mul', (g, { inputs: [a, b] }) => [mul(g, b), mul(g, a)])

/** y = a / b;  ∂a = g/b, ∂b = −g·y/b */
export const div = binary('div', 'Div', (g, { inputs: [, b], outputs: [y] }) => {
  const ga = div(g, b)
  return [ga, neg(mul(ga, y))]
})

/** y = −x;  ∂x = −g */
export const neg = unary('neg', 'Neg', (g) => [neg(g)])

/** y = eˣ;  ∂x = g·y */
export const exp = unary('exp', 'Exp', (g, { outputs: [y] }) => [mul(g, y)])

/** y = ln x;  ∂x = g/x */
export const log = unary('log', 'Log', (g, { inputs: [x] }) => [div(g, x)])

/** y = √x;  ∂x = g/(2y) */
export const sqrt = unary('sqrt', 'Sqrt', (g, { outputs: [y] }) => [div(g, add(y, y))])

/** y = x²;  ∂x = 2·g·x */
export const square = unary(
  'square',
  (onnx, x) => onnx.one('Mul', [x, x]),
  (g, { inputs: [x] }) => [mul(g, add(x, x))],
)

/** y = 1/(1+e⁻ˣ);  ∂x = g·y·(1−y) */
export const sigmoid = unary('sigmoid', 'Sigmoid', (g, { outputs: [y] }) => [mul(g, sub(y, square(y)))])

/** y = ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which never overflows;  ∂x = g·σ(x), σ the sigmoid */
export const softplus = unary(
  'softplus',
  // onnxruntime has no float64 Softplus.
  (onnx, x) => {
    if (onnx.dtype === 'float32') return onnx.one('Softplus', [x])
    const small = onnx.one('Exp', [onnx.one('Neg', [onnx.one('Abs', [x])])])
    return onnx.one('Add', [onnx.one('Relu', [x]), onnx.one('Log', [onnx.one('Add', [small, onnx.scalar(1)])])])
  },
  (g, { inputs: [x] }) => [mul(g, sigmoid(x))],
)

/** y = x·σ(x), σ the sigmoid;  ∂x = g·(σ + y·(1 − σ))   (Elfwing et al. 2018) */
export const silu = unary(
  'silu',
  // From a plain x·σ(x) onnxruntime makes a QuickGelu, even in float64, for which it has no QuickGelu kernel.
  (onnx, x) =>
    onnx.dtype === 'float32'
      ? onnx.one('Mul', [x, onnx.one('Sigmoid', [x])])
      : onnx.one('Div', [x, onnx.one('Add', [onnx.one('Exp', [onnx.one('Neg', [x])]), onnx.scalar(1)])]),
  (g, { inputs: [x], outputs: [y] }) => {
    const s = sigmoid(x)
    return [mul(g, add(s, sub(y, mul(y, s))))]
  },
)

/** y = tanh x;  ∂x = g·(1−y²) */
export const tanh = unary('tanh', 'Tanh', (g, { outputs: [y] }) => [sub(g, mul(g, square(y)))])

/** y = max(x, 0);  ∂x = g where y > 0, else 0 */
export const relu = unary('relu', 'Relu', (g, { outputs: [y] }) => [mul(g, positive(y))])

/** A factor far above 1 / the smallest difference that matters; a number below 2²⁷ times this stays finite. */
const steep = 2 ** 100

/** y = 1 where x > 0, else 0 */
const positive = unary(
  'positive',
  // Takes a quarter of the time of onnxruntime's Sign, which is not vectorised.
  (onnx, x) =>
    onnx.dtype === 'float32'
      ? onnx.one('HardSigmoid', [x], { alpha: { float: steep }, beta: { float: 0 } })
      : onnx.one('Clip', [onnx.one('Mul', [x, onnx.scalar(steep)]), onnx.scalar(0), onnx.scalar(1)]),
  'notDifferentiable',
)

const clipOp = defineOp<{ low: number; high: number }>({
  name: 'clip',
  shape: ([x]) => x,
  forward: (onnx, [x], node) => {
    const { low, high } = node.attributes as { low: number; high: number }
    return onnx.one('Clip', [x, onnx.scalar(low), onnx.scalar(high)])
  },
  // Computed from y alone, so that x need not be kept and the clip can be fused into the preceding convolution.
  gradient: (g, { outputs: [y], attributes: { low, high } }) => {
    const { graph } = g
    const above = low === 0 ? y : sub(y, graph.scalar(low))
    return [mul(g, positive(mul(above, sub(graph.scalar(high), y))))]
  },
})
/** y = min(max(x, low), high);  ∂x = g where low < y < high, else 0.  clip(x, 0, 6) is ReLU6 (Howard et al. 2017) */
export const clip = (x: Value, low: number, high: number): Value => clipOp([x], { low, high })[0]

/** y = −1, 0 or 1; piecewise constant */
export const sign = unary('sign', 'Sign', 'notDifferentiable')

/** y = |x|;  ∂x = g·sign(x) */
export const abs = unary('abs', 'Abs', (g, { inputs: [x] }) => [mul(g, sign(x))])

/** y = x, but passes no gradient (for straight-through estimators, and targets that the network itself computes) */
export const stopGradient = unary('stopGradient', 'Identity', 'notDifferentiable')

/** y = x·Φ(x), Φ(x) = ½(1 + erf(x/√2));  ∂x = g·(Φ(x) + x·φ(x)), φ(x) = e^(−x²/2)/√(2π)   (Hendrycks & Gimpel 2016) */
export const gelu = unary(
  'gelu',
  (onnx, x) => (onnx.dtype === 'float32' ? onnx.one('Gelu', [x]) : onnx.one('Mul', [x, normalCdf(onnx, x)])),
  (g, { inputs: [x] }) => [mul(g, geluSlope(x))],
)

/** y = Φ(x) + x·φ(x), the slope of GELU; one op, so that it passes over memory only a few times */
const geluSlope = unary(
  'geluSlope',
  (onnx, x) => {
    const z = onnx.one('Mul', [x, onnx.scalar(Math.SQRT1_2)])
    // x·φ(x) = z·e^(−z²)/√π, with the factor moved into the exponent.
    const exponent = onnx.one('Sub', [onnx.scalar(-0.5 * Math.log(Math.PI)), onnx.one('Mul', [z, z])])
    const density = onnx.one('Mul', [z, onnx.one('Exp', [exponent])])
    return onnx.one('Add', [halfOnePlusErf(onnx, z), density])
  },
  'notDifferentiable',
)

const normalCdf = (onnx: Emitter, x: string): string =>
  halfOnePlusErf(onnx, onnx.one('Mul', [x, onnx.scalar(Math.SQRT1_2)]))

/** ½(1 + erf z) */
function halfOnePlusErf(onnx: Emitter, z: string): string {
  const half = onnx.scalar(0.5)
  // HardSigmoid clips αx + β to 0 … 1, and this value never leaves that range: one pass instead of two.
  if (onnx.dtype === 'float32')
    return onnx.one('HardSigmoid', [onnx.one('Erf', [z])], { alpha: { float: 0.5 }, beta: { float: 0.5 } })
  return onnx.one('Add', [onnx.one('Mul', [erfSeries(onnx, z), half]), half])
}

/**
 * erf x = 2/√π · x · Σ (−x²)ⁿ / (n!(2n+1)) by Horner's rule. onnxruntime has no float64 Erf, and gradient checks need
 * one. With 60 terms the error is below 1e-12 for |x| ≤ 3.
 */
function erfSeries(onnx: Emitter, x: string): string {
  const t = onnx.one('Neg', [onnx.one('Mul', [x, x])])
  const terms = 60
  const coefficient: number[] = [1]
  let factorial = 1
  for (let n = 1; n < terms; n++) {
    factorial *= n
    coefficient.push(1 / (factorial * (2 * n + 1)))
  }
  let sum = onnx.scalar(coefficient[terms - 1])
  for (let n = terms - 2; n >= 0; n--) sum = onnx.one('Add', [onnx.one('Mul', [sum, t]), onnx.scalar(coefficient[n])])
  return onnx.one('Mul', [onnx.one('Mul', [x, sum]), onnx.scalar(2 / Math.sqrt(Math.PI))])
}
