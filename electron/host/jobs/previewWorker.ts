import { basename } from 'node:path'
import { FailureError, message, type LeftOutCount, type Message } from '../../contract/index.ts'
import { readFiles, type SlideSize } from '../../formats/index.ts'
import { serveThread } from '../../threads/index.ts'

export interface PreviewTask {
  readonly paths: readonly string[]
  readonly size: SlideSize
}

/** What files hold, before anything is imported. */
export interface FilesPreview {
  readonly nuclei: number
  readonly dots: number
  /** Nuclei and dots without a class. */
  readonly unclassified: number
  readonly classes: readonly { readonly name: string; readonly color: string; readonly count: number }[]
  readonly skipped: readonly (LeftOutCount & { readonly file: string })[]
  readonly notes: readonly Message[]
}

/** Reads files as an import does, on this thread, because a large one takes seconds. */
async function makePreview({ paths, size }: PreviewTask) {
  const { classified, dots, skipped, notes } = await readFiles(paths, size)
  if (classified.nuclei.count + dots.classIndex.length === 0)
    throw new FailureError('empty', message('noNucleiIn', { file: basename(paths[0]) }))
  const counts = classified.classes.map(() => 0)
  let unclassified = 0
  for (const index of [classified.classIndex, dots.classIndex])
    for (const c of index)
      if (c < 0) unclassified++
      else counts[c]++
  const preview: FilesPreview = {
    nuclei: classified.nuclei.count,
    dots: dots.classIndex.length,
    unclassified,
    classes: classified.classes.map((one, c) => ({ ...one, count: counts[c] })),
    skipped,
    notes,
  }
  return { preview: () => preview }
}

export type PreviewThread = typeof makePreview
serveThread(makePreview)
