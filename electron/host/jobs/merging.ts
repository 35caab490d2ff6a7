import { basename } from 'node:path'
import {
  FailureError,
  message,
  type ClassifiedNuclei,
  type LeftOutCount,
  type Message,
  type Nuclei,
} from '../../contract/index.ts'
import { readFiles, type Dots, type ReadFiles, type SlideSize } from '../../formats/index.ts'
import {
  chunksOf,
  idsOfMerged,
  mergeDetection,
  mergeImport,
  nucleiAtDots,
  sinceOfMerged,
  unnumbered,
  unpackEditedNuclei,
  unpackSlide,
  type PackedEditedNuclei,
  type PackedSlide,
  type SearchedTwice,
} from '../../store/index.ts'

/** What to merge into a slide. */
export type MergeTask = { readonly slide: PackedSlide } & (
  | {
      readonly kind: 'detection'
      readonly found: Nuclei
      readonly editedNuclei: PackedEditedNuclei
      readonly searchedTwice: SearchedTwice
    }
  | { readonly kind: 'import'; readonly paths: readonly string[]; readonly size: SlideSize }
)

export interface MergeResult {
  /** Labelled nuclei whose label moved to a new outline, and labelled nuclei that were not found again. */
  readonly movedLabels: Uint32Array
  readonly unmatched: Uint32Array
  /** Nuclei that the merge removes. */
  readonly gone: Uint32Array
  /** Ids of the merged nuclei, in their original order, and the version of the outline of each. */
  readonly ids: Uint32Array
  readonly since: Uint32Array
  readonly imported?: Imported
  readonly skipped: readonly (LeftOutCount & { readonly file: string })[]
  readonly notes: readonly Message[]
}

/** What imported files say of their nuclei besides the outlines. */
export interface Imported extends Omit<ClassifiedNuclei, 'nuclei'> {
  /** The outlines are not sent: they are in the chunks. */
  readonly nuclei: undefined
  readonly dots: Omit<Dots, 'centres'>
  /** Id of the nucleus at each dot; 0 = there is none. */
  readonly dotIds: Uint32Array
}

/**
 * Reads, merges and packs nuclei. For 700,000 nuclei this takes seconds, during which the host must keep serving tiles
 * and saving labels, so it does this on a thread (mergeWorker.ts). It touches no project file. Its results go back in
 * pieces.
 */
export async function makeMerge(task: MergeTask) {
  const read: ReadFiles | undefined = task.kind === 'import' ? await readFiles(task.paths, task.size) : undefined
  if (read && task.kind === 'import' && read.classified.nuclei.count + read.dots.classIndex.length === 0)
    throw new FailureError('empty', message('noNucleiIn', { file: basename(task.paths[0]) }))
  const slide = unpackSlide(task.slide)
  const merged =
    task.kind === 'detection'
      ? mergeDetection(slide, task.found, unpackEditedNuclei(task.editedNuclei), task.searchedTwice)
      : mergeImport(slide, read!.classified.nuclei)
  let chunks: ReturnType<typeof chunksOf> | undefined
  return {
    /** Returns the number of new nuclei that need an id. */
    unnumbered: () => unnumbered(merged),
    /** Returns the next chunk, with new nuclei numbered from `firstId`, or undefined after the last chunk. */
    nextChunk: (firstId: number) => (chunks ??= chunksOf(merged, firstId)).next().value ?? undefined,
    result(firstId: number): MergeResult {
      const { movedLabels, unmatched, gone } = merged
      const ids = idsOfMerged(merged, firstId)
      const about = { movedLabels, unmatched, gone, ids, since: sinceOfMerged(merged) }
      if (!read || task.kind !== 'import') return { ...about, skipped: [], notes: [] }
      const { centres, ...dots } = read.dots
      const dotIds = nucleiAtDots(slide, merged, firstId, centres, task.size.mpp)
      return {
        ...about,
        imported: { ...read.classified, nuclei: undefined, dots, dotIds },
        skipped: read.skipped,
        notes: read.notes,
      }
    },
  }
}

export type MergeThread = typeof makeMerge
