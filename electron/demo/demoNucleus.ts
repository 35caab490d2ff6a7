import type { NucleusShape } from './nucleusShape.ts'

/** Class names of the built-in model (CoNSeP), so that its predictions can be compared with the truth. */
export const demoClasses = ['miscellaneous', 'inflammatory', 'epithelial', 'stromal'] as const
export type DemoClass = (typeof demoClasses)[number]

/** Haematoxylin in a nucleus. Amounts are those of StainFields. */
export interface Chromatin {
  /** Amount inside the nucleus. */
  readonly base: number
  /** Amount added at the nuclear membrane. */
  readonly rim: number
  /** Amplitude of clumps, which add and remove stain … */
  readonly clumps: number
  /** … and their size, px. */
  readonly grain: number
  readonly nucleoli: readonly { readonly u: number; readonly v: number; readonly radius: number }[]
}

/** The surroundings of a nucleus. Widths are in px from its outline. */
export interface Surroundings {
  /** Width of the halo that shrinkage leaves empty. */
  readonly halo: number
  /** The cell's own cytoplasm: its width and its amounts of haematoxylin and eosin. */
  readonly cytoplasm?: { readonly width: number; readonly haematoxylin: number; readonly eosin: number }
}

export interface DemoNucleus {
  readonly class: DemoClass
  readonly shape: NucleusShape
  readonly chromatin: Chromatin
  readonly surroundings: Surroundings
}
