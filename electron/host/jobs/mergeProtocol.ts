import type { ClassifiedNuclei, Failure, LeftOutCount, Nuclei } from '../../contract/index.ts'
import type { PackedChunk, PackedPeople, PackedSlide, SearchedAgain } from '../../store/index.ts'

/** What the merging thread is to do. */
export type MergeTask = { readonly slide: PackedSlide } & (
  | {
      readonly kind: 'detection'
      readonly found: Nuclei
      readonly people: PackedPeople
      readonly searchedAgain: SearchedAgain
    }
  | { readonly kind: 'import'; readonly path: string; readonly size: { width: number; height: number } }
)

/** What it says, in this order: how many ids it needs (answered by the first of them), each chunk, the end. */
export type MergeReply =
  | { readonly kind: 'ids'; readonly count: number }
  | { readonly kind: 'chunk'; readonly chunk: PackedChunk }
  | { readonly kind: 'done'; readonly result: MergeResult }
  | { readonly kind: 'failure'; readonly failure: Failure }

export interface MergeResult {
  /** Labelled nuclei whose label went over to a new outline, and those that were not found again. */
  readonly carried: Uint32Array
  readonly unmatched: Uint32Array
  /** Nuclei that are no longer there. */
  readonly gone: Uint32Array
  /** Ids of what was merged in, in its order. */
  readonly ids: Uint32Array
  readonly imported?: Omit<ClassifiedNuclei, 'nuclei' | 'probabilities'>
  readonly skipped: readonly LeftOutCount[]
}
