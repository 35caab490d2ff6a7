import { attempt, FailureError, type Result, type SlideReader } from '../contract/index.ts'
import { openSlideFile, type SlideFile } from './file.ts'
import { formats } from './formats.ts'
import { givenMpp } from './mpp.ts'
import { createReader } from './pyramid.ts'

export interface OpenSlideOptions {
  /** µm per level-0 pixel as the user says; wins over what the file says. */
  mpp?: number
}

/**
 * Opens a slide of any known format. Failures: 'not-found', 'read-only' (permission), 'empty', 'invalid-input' (a
 * folder, an impossible µm/px), 'unreadable' (damaged or no slide), 'unsupported' (sound, but of a kind not read).
 * An unknown µm/px is no failure: info.mpp is then null. Close the reader when done.
 */
export function openSlide(path: string, options: OpenSlideOptions = {}): Promise<Result<SlideReader>> {
  return attempt(async () => {
    const mpp = options.mpp === undefined ? null : givenMpp(options.mpp)
    const file = await openSlideFile(path)
    try {
      const source = await (await formatOf(file)).open(file)
      return createReader(source, mpp ?? source.mpp)
    } catch (error) {
      await file.close()
      throw error
    }
  })
}

async function formatOf(file: SlideFile) {
  for (const format of formats) if (await format.detect(file)) return format
  throw new FailureError(
    'unreadable',
    `${file.name} is not a slide that Karyon reads: its first bytes are of none of these formats: ` +
      `${formats.map((f) => f.name).join(', ')}. Choose another file, or copy this one again from its source.`,
  )
}

/** Endings of the files that may be slides, lower case with the dot, for native file dialogs. */
export const openableExtensions: readonly string[] = formats.flatMap((f) => f.extensions)

/** Whether a file of this name may be a slide; its bytes decide when it is opened. */
export const isOpenable = (name: string): boolean =>
  openableExtensions.some((extension) => name.toLowerCase().endsWith(extension))
