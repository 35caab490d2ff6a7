import { FailureError, message, unwrap, type SlideInfo } from '../contract/index.ts'
import { openSlide } from '../slides/index.ts'

/** Returns a slide's info and its µm per pixel, from --mpp or else the file. The scale is never guessed. */
export async function slideScale(path: string, mpp?: number): Promise<{ info: SlideInfo; mpp: number }> {
  const reader = unwrap(await openSlide(path, { mpp }))
  const { info } = reader
  await reader.close()
  if (!info.mpp) throw new FailureError('no-scale', message('slideNoScale', { path }))
  return { info, mpp: Math.sqrt(info.mpp.x * info.mpp.y) }
}
