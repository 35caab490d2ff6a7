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
  type SearchedAgain,
} from '../../store/index.ts'
import { serveThread } from '../../threads/index.ts'

/** What is to be merged into a slide. */
export type MergeTask = { readonly slide: PackedSlide } & (
  | {
      readonly kind: 'detection'
      readonly found: Nuclei
      readonly people: PackedEditedNuclei
      readonly searchedAgain: SearchedAgain
    }
  | { readonly kind: 'import'; readonly path: string; readonly size: { width: number; height: number } }
)

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

async function incoming(task: MergeTask): Promise<{ nuclei: Nuclei } & Pick<MergeResult, 'imported' | 'skipped'>> {
  if (task.kind === 'detection') return { nuclei: task.found, skipped: [] }
  const { classified, skipped } = unwrap(await readAnnotations(task.path, task.size))
  const { nuclei, classes, classIndex, labelled } = classified
  return { nuclei, imported: { classes, classIndex, labelled }, skipped }
}

/**
 * A thread that reads, merges and packs nuclei: at 700,000 that takes seconds, in which the host must go on serving
 * tiles and saving labels. It touches no project file; what it makes goes back to the host in pieces.
 */
async function makeMerge(task: MergeTask) {
  const { nuclei, ...about } = await incoming(task)
  const slide = unpackSlide(task.slide)
  const merged =
    task.kind === 'detection'
      ? mergeDetection(slide, nuclei, unpackEditedNuclei(task.people), task.searchedAgain)
      : mergeImport(slide, nuclei)
  let chunks: ReturnType<typeof chunksOf> | undefined
  return {
    /** How many nuclei are new and need an id. */
    unnumbered: () => unnumbered(merged),
    /** The next chunk, the new nuclei numbered from `firstId`; undefined after the last. */
    nextChunk: (firstId: number) => (chunks ??= chunksOf(merged, firstId)).next().value ?? undefined,
    result(firstId: number): MergeResult {
      const { carried, unmatched, gone } = merged
      return { carried, unmatched, gone, ids: idsOfMerged(merged, firstId), ...about }
    },
  }
}

export type MergeThread = typeof makeMerge
serveThread(makeMerge)
