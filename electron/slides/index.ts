import {
  areSquare,
  attempt,
  FailureError,
  meanMpp,
  message,
  type DeclinedFormat,
  type Message,
  type Mpp,
  type Result,
  type SlideReader,
} from '../contract/index.ts'
import { inSrgb } from './source/colour.ts'
import { slideInFolder } from './dicom/folder.ts'
import { namedImage, openSlideFile, type SlideFile } from './source/file.ts'
import { formats } from './formats/table.ts'
import { unreadKind } from './formats/unread.ts'
import { givenMpp } from './source/mpp.ts'
import { createReader } from './read/pyramid.ts'
import type { SlideSource } from './source/source.ts'

export { mayHoldSlide } from './dicom/folder.ts'
export { isOpenable, openableExtensions } from './formats/openable.ts'
export { slidesIn } from './slidesIn.ts'
export { findOpenSlide, type OpenSlideLibrary } from './openslide/library.ts'
export { startOpenSlide, startOpenSlideThrough } from './openslide/startProcess.ts'
export { encodeJpeg } from './read/pixels.ts'
export { tissueForDisplay, tissueForDetection, type TissuePicture } from './tissue/find.ts'
export { applyArea } from './tissue/paint.ts'
export { ringsOf } from './tissue/rings.ts'
export { misfitsOf, type Misfit, type NucleusSizes } from './quality/fitness.ts'
export { slideQuality, type SlideQuality } from './quality/index.ts'

export interface OpenSlideOptions {
  /** µm per level-0 pixel as given by the user. Takes precedence over the file. */
  mpp?: number
  /** Colours as stored in the file (default), or converted to sRGB by the file's ICC profile if it has one. */
  colour?: 'stored' | 'srgb'
  /** Number of the image of a file that holds several (info.images), from 1. Default: the largest. */
  image?: number
}

/**
 * Returns the file by which a slide is opened and identified: `path` itself, or a file of the only DICOM slide in the
 * folder `path`. Throws FailureError 'invalid-input' if the folder holds several.
 */
export const slideFile = async (path: string): Promise<string> => (await slideInFolder(path)) ?? path

/** As slideFile, with the number of the image in "slide.tif#image=2". */
export async function slideFileAndImage(named: string): Promise<{ file: string; image?: number }> {
  const { path, image } = await namedImage(named)
  return { file: await slideFile(path), image }
}

/**
 * Opens a slide of any known format. `path` may be a folder that holds one DICOM slide. Failures: 'not-found',
 * 'read-only' (permission), 'empty', 'invalid-input' (another folder, an impossible µm/px), 'unreadable' (damaged or
 * not a slide), 'unsupported' (intact, but of a kind that is not read). An unknown µm/px is no failure: info.mpp is
 * then null. Close the reader when done.
 */
export function openSlide(path: string, options: OpenSlideOptions = {}): Promise<Result<SlideReader>> {
  return attempt(async () => {
    const mpp = options.mpp === undefined ? null : givenMpp(options.mpp)
    const file = await openSlideFile(await slideFile(path), options.image)
    try {
      const { source, declined } = await openWithFirstFormat(file)
      checkImage(file, source)
      const notices = [...(source.notices ?? []), ...notSquare(mpp ?? source.mpp)]
      const own = { ...source, notices }
      return createReader(options.colour === 'srgb' ? inSrgb(own) : own, mpp ?? source.mpp, declined)
    } catch (error) {
      await file.close()
      throw error
    }
  })
}

/** Throws FailureError 'invalid-input' if another image was asked for than the file's only one. */
function checkImage({ name, image }: SlideFile, { images }: SlideSource): void {
  if (image !== undefined && image !== 1 && images === undefined)
    throw new FailureError('invalid-input', message('imageNumber', { file: name, image, images: 1 }))
}

/** Says if pixels are far from square. */
const notSquare = (mpp: Mpp | null): Message[] =>
  mpp && !areSquare(mpp) ? [message('pixelsNotSquare', { x: mpp.x, y: mpp.y, mean: meanMpp(mpp) })] : []

/**
 * Asks the formats in order and opens the file with the first that accepts it. A format that fails does not end the
 * search, because the files of two vendors may look alike.
 */
async function openWithFirstFormat(file: SlideFile): Promise<{ source: SlideSource; declined: DeclinedFormat[] }> {
  const declined: DeclinedFormat[] = []
  const failures: FailureError[] = []
  for (const format of formats)
    try {
      const why = await format.decline(file)
      if (why === null) return { source: await format.open(file), declined }
      declined.push({ format: format.name, why })
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      failures.push(error)
      declined.push({ format: format.name, why: error.failure.message })
    }
  throw failures.find(({ failure }) => failure.kind === 'unsupported') ?? failures[0] ?? notRead(file, declined)
}

/** Returns the failure of a file that no format accepts: what it is, if that is known, and what to do. */
function notRead(file: SlideFile, declined: readonly DeclinedFormat[]): FailureError {
  const foreign = declined.map(({ why }) => why).find((why) => why.key === 'declinedVendor')
  const openSlide = declined.at(-1)
  if (foreign && openSlide)
    return new FailureError(
      'unsupported',
      message('foreignSlide', { file: file.name, what: foreign, why: openSlide.why }),
    )
  const unread = unreadKind(file.head)
  if (unread?.is === 'annotations')
    return new FailureError('unsupported', message('annotationsNotSlide', { file: file.name, kind: unread.kind }))
  if (unread?.is === 'archive')
    return new FailureError('unsupported', message('archiveNotSlide', { file: file.name, kind: unread.kind }))
  if (unread) return new FailureError('unsupported', message('unreadFormat', { file: file.name, kind: unread.kind }))
  return new FailureError(
    'unreadable',
    message('slideUnknown', { file: file.name, formats: formats.map((f) => f.name) }),
  )
}
