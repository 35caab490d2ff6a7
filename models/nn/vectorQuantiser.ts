import type { Value } from '../graph/graph.ts'
import { square, stopGradient, sub } from '../ops/elementwise.ts'
import { gemm } from '../ops/linear.ts'
import { argMin, sum } from '../ops/reduce.ts'
import { straightThrough } from '../ops/select.ts'
import { gather } from '../ops/shape.ts'

export interface Quantised {
  /** The nearest code's vector for each row, [N, D]. Its gradient goes to the rows as if they had not been replaced. */
  readonly rows: Value
  /** Index of the nearest code, int64 [N] */
  readonly codes: Value
  /** Σ over D of (code − row)² for each row, [N]; its gradient moves the codes towards the rows */
  readonly codebookLoss: Value
  /** The same numbers; their gradient moves the rows towards their codes (commitment) */
  readonly commitmentLoss: Value
}

/**
 * Replaces each row by the nearest code in Euclidean distance (VQ-VAE, van den Oord et al. 2017).
 * @param z [N, D]
 * @param codebook [K, D]
 * @param preference [K]: twice this is subtracted from a code's squared distance. Among codes of length 1, the one with
 * the largest z·c + preference is then chosen.
 */
export function quantise(z: Value, codebook: Value, preference?: Value): Quantised {
  // |z − c|² = |z|² − 2z·c + |c|²; the first term is the same for all codes of a row.
  const twiceProduct = gemm(z, codebook, { transB: true })
  const distance = sub(sub(sum(square(codebook), [1]), twiceProduct), twiceProduct)
  const codes = argMin(preference ? sub(sub(distance, preference), preference) : distance, 1)
  const nearest = gather(codebook, codes)
  return {
    rows: straightThrough(z, nearest),
    codes,
    codebookLoss: sum(square(sub(nearest, stopGradient(z))), [1]),
    commitmentLoss: sum(square(sub(z, stopGradient(nearest))), [1]),
  }
}
