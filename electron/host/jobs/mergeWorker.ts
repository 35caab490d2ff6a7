import { unwrap, type ClassifiedNuclei, type LeftOutCount, type Nuclei } from '../../contract/index.ts'
import { readAnnotations } from '../../formats/index.ts'
import {
  chunksOf,
  idsOfMerged,
  mergeDetection,
  mergeImport,
  unnumbered,
  unpackEditedNuclei,
  unpackSlide,
  type PackedEditedNuclei,
  type PackedSlide,
  type SearchedTwice,
} from '../../store/index.ts'
import { serveThread } from '../../threads/index.ts'

/** What to merge into a slide. */
export type MergeTask = { readonly slide: PackedSlide } & (
  | {
      readonly kind: 'detection'
      readonly found: Nuclei
      readonly editedNuclei: PackedEditedNuclei
      readonly searchedTwice: SearchedTwice
    }
  | { readonly kind: 'import'; readonly path: string; readonly size: { width: number; height: number } }
)

export interface MergeResult {
  /** Labelled nuclei whose label moved to a new outline, and labelled nuclei that were not found again. */
  readonly movedLabels: Uint32Array
  readonly unmatched: Uint32Array
  /** Nuclei that the merge removes. */
  readonly gone: Uint32Array
  /** Ids of the merged nuclei, in their original order. */
  readonly ids: Uint32Array
  readonly imported?: Omit<ClassifiedNuclei, 'nuclei' | 'probabilities'>
  readonly skipped: readonly LeftOutCount[]
}

async function incoming(task: MergeTask): Promise<{ nuclei: Nuclei } & Pick<MergeResult, 'imported' | 'skipped'>> {
  if (task.kind === 'detection') return { nuclei: task.found, skipped: [] }
  const { classified, skipped } = unwrap(await readAnnotations(task.path, task.size))
  const { nuclei, classes, classIndex, labelled } = classified
  return { nuclei, imported: { classes, classIndex, labelled }, skipped }
}

/**
 * Runs on a thread that reads, merges and packs nuclei. For 700,000 nuclei this takes seconds, during which the host
 * must keep serving tiles and saving labels. The thread touches no project file. Its results go back to the host in
 * pieces.
 */
async function makeMerge(task: MergeTask) {
  const { nuclei, ...about } = await incoming(task)
  const slide = unpackSlide(task.slide)
  const merged =
    task.kind === 'detection'
      ? mergeDetection(slide, nuclei, unpackEditedNuclei(task.editedNuclei), task.searchedTwice)
      : mergeImport(slide, nuclei)
  let chunks: ReturnType<typeof chunksOf> | undefined
  return {
    /** Returns the number of new nuclei that need an id. */
    unnumbered: () => unnumbered(merged),
    /** Returns the next chunk, with new nuclei numbered from `firstId`, or undefined after the last chunk. */
    nextChunk: (firstId: number) => (chunks ??= chunksOf(merged, firstId)).next().value ?? undefined,
    result(firstId: number): MergeResult {
      const { movedLabels, unmatched, gone } = merged
      return { movedLabels, unmatched, gone, ids: idsOfMerged(merged, firstId), ...about }
    },
  }
}

export type MergeThread = typeof makeMerge
serveThread(makeMerge)
