import type { Random } from '../nn/random.ts'

/** A projection of rows onto their first principal components. */
export interface Principal {
  /** Number of components kept: at most `wanted`, the rows' width, and the number of rows minus one. */
  readonly width: number
  /** [n, wide] → [n, width] */
  project(rows: Float32Array): Float32Array
}

/** Iterations of subspace iteration. Few are enough: neighbours depend on the whole subspace, not on single axes. */
const turns = 12

/** Returns the first principal components of rows [n, wide], largest first, by subspace iteration on the covariance. */
export function principalComponents(rows: Float32Array, wide: number, wanted: number, rng: Random): Principal {
  const n = rows.length / wide
  const width = Math.max(1, Math.min(wanted, wide, n - 1))
  const mean = new Float64Array(wide)
  for (let i = 0; i < n; i++) for (let k = 0; k < wide; k++) mean[k] += rows[i * wide + k] / n
  const covariance = covarianceOf(rows, mean)
  let axes = Float64Array.from({ length: width * wide }, () => rng.normal())
  orthonormalise(axes, wide)
  for (let turn = 0; turn < turns; turn++) {
    axes = times(axes, covariance, wide)
    orthonormalise(axes, wide)
  }
  return {
    width,
    project(given) {
      const count = given.length / wide
      const out = new Float32Array(count * width)
      for (let i = 0; i < count; i++)
        for (let c = 0; c < width; c++) {
          let sum = 0
          for (let k = 0; k < wide; k++) sum += axes[c * wide + k] * (given[i * wide + k] - mean[k])
          out[i * width + c] = sum
        }
      return out
    },
  }
}

function covarianceOf(rows: Float32Array, mean: Float64Array): Float64Array {
  const wide = mean.length
  const sums = new Float64Array(wide * wide)
  const row = new Float64Array(wide)
  for (let at = 0; at < rows.length; at += wide) {
    for (let k = 0; k < wide; k++) row[k] = rows[at + k] - mean[k]
    for (let a = 0; a < wide; a++) {
      const value = row[a]
      for (let b = a; b < wide; b++) sums[a * wide + b] += value * row[b]
    }
  }
  for (let a = 0; a < wide; a++) for (let b = 0; b < a; b++) sums[a * wide + b] = sums[b * wide + a]
  return sums
}

function times(axes: Float64Array, symmetric: Float64Array, wide: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(axes.length)
  for (let c = 0; c < axes.length; c += wide)
    for (let a = 0; a < wide; a++) {
      const value = axes[c + a]
      if (value !== 0) for (let b = 0; b < wide; b++) out[c + b] += value * symmetric[a * wide + b]
    }
  return out
}

/** Gram–Schmidt, in place. An axis that is a combination of previous ones becomes zero. */
function orthonormalise(axes: Float64Array, wide: number): void {
  for (let c = 0; c < axes.length; c += wide) {
    const before = length(axes, c, wide)
    for (let other = 0; other < c; other += wide) {
      let dot = 0
      for (let k = 0; k < wide; k++) dot += axes[c + k] * axes[other + k]
      for (let k = 0; k < wide; k++) axes[c + k] -= dot * axes[other + k]
    }
    const after = length(axes, c, wide)
    const scale = after > 1e-12 * before ? 1 / after : 0
    for (let k = 0; k < wide; k++) axes[c + k] *= scale
  }
}

function length(axes: Float64Array, from: number, wide: number): number {
  let squares = 0
  for (let k = 0; k < wide; k++) squares += axes[from + k] ** 2
  return Math.sqrt(squares)
}
