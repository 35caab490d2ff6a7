import { areSquare, FailureError, inEnglish, meanMpp, message, unwrap, type SlideInfo } from '../contract/index.ts'
import { sayNotes } from './verb.ts'
import { openSlide } from '../slides/index.ts'

/**
 * Returns a slide's info and its µm per pixel, from --mpp or else the file. The scale is never guessed. `notes` says where
 * pixels are not square, and the one µm/px is the mean.
 */
export async function slideScale(
  path: string,
  mpp?: number,
): Promise<{ info: SlideInfo; mpp: number; notes: string[] }> {
  const reader = unwrap(await openSlide(path, { mpp }))
  const { info } = reader
  await reader.close()
  if (!info.mpp) throw new FailureError('no-scale', message('slideNoScale', { path }))
  const { x, y } = info.mpp
  const mean = meanMpp(info.mpp)
  const said = areSquare(info.mpp) ? [] : [message('pixelsNotSquare', { x, y, mean })]
  sayNotes(said)
  return { info, mpp: mean, notes: said.map(inEnglish) }
}
