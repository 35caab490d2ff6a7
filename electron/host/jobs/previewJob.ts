import { basename } from 'node:path'
import { message, type ImportPreview } from '../../contract/index.ts'
import { sibling, startThread } from '../../threads/index.ts'
import type { ProjectContext } from '../state/context.ts'
import type { PreviewThread } from './previewWorker.ts'

/**
 * Reads files as an import into a slide would and returns what they hold, with the project's class that each of their
 * classes would become. Changes nothing. Throws the failures of an import.
 */
export async function previewImport(
  { project, closing }: ProjectContext,
  slideId: number,
  paths: readonly string[],
): Promise<ImportPreview> {
  const { info, absolutePath } = project.slides.get(slideId)
  const size = { width: info.width, height: info.height, mpp: info.mpp, name: basename(absolutePath) }
  const thread = startThread<PreviewThread>(
    sibling(import.meta.url, './previewWorker'),
    { paths, size },
    { signal: closing.signal, youngMB: 24 },
  )
  try {
    const { classes, skipped, notes, ...counts } = await thread.call('preview')
    return {
      ...counts,
      classes: classes.map((one) => ({ ...one, becomes: project.classes.matching(one.name)?.name ?? null })),
      left:
        skipped.length > 0
          ? message('leftOut', {
              file: basename(paths[0]),
              left: skipped.map(({ reason, count }) => ({ reason, count })),
            })
          : null,
      notes: [...notes],
    }
  } finally {
    await thread.end()
  }
}
