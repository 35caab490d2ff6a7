import type { NucleusShape } from './nucleusShape.ts'

/** Class names as the built-in model's (CoNSeP), so that its answers can be compared with the truth. */
export const demoClasses = ['miscellaneous', 'inflammatory', 'epithelial', 'spindle-shaped'] as const
export type DemoClass = (typeof demoClasses)[number]

/** How a nucleus takes up haematoxylin; amounts are those of StainFields. */
export interface Chromatin {
  /** Inside. */
  readonly base: number
  /** Added at the nuclear membrane. */
  readonly rim: number
  /** Added and taken away in clumps … */
  readonly clumps: number
  /** … of this size, px. */
  readonly grain: number
  readonly nucleoli: readonly { readonly u: number; readonly v: number; readonly radius: number }[]
}

/** What surrounds a nucleus. Widths in px from its outline. */
export interface Surroundings {
  /** Emptied by shrinkage. */
  readonly halo: number
  /** Cytoplasm of its own: its width, haematoxylin and eosin. */
  readonly cytoplasm?: { readonly width: number; readonly haematoxylin: number; readonly eosin: number }
}

export interface DemoNucleus {
  readonly class: DemoClass
  readonly shape: NucleusShape
  readonly chromatin: Chromatin
  readonly surroundings: Surroundings
}
