import type { Range } from './intervals.ts'

/** What is known of how many nuclei a class has. */
export interface UnsureCount {
  /** Nuclei shown as this class. */
  readonly nuclei: number
  /** Those of them that a model calls so without being sure, by its own threshold. */
  readonly uncertain: number
  /** Nuclei shown as another class without certainty, for which this class is the model's second choice. */
  readonly possible: number
}

/**
 * Returns the range in which the number of nuclei of a class lies if the model errs only where it is unsure, and then
 * only between its first two choices: from those labelled or sure to these and all that may be of the class. It has no
 * probability: it says how far the undecided nuclei could move the count. Confident mistakes are outside of it; only a
 * random audit finds those (classFractions.ts). Widths of classes are not independent: what one gains another loses.
 */
export const countRange = ({ nuclei, uncertain, possible }: UnsureCount): Range => ({
  low: nuclei - uncertain,
  high: nuclei + possible,
})
