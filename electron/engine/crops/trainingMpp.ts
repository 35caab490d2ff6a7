import { unwrap } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'

/** Scale of the authors' CoNSeP images: 1000 px at .25 µm/px, resized to 796 px. */
export const authorsMpp = 0.25 * (1000 / 796)
/** Maximum factor by which pictures are enlarged. */
const mostEnlarged = 2

/**
 * Returns the µm/px of a network trained from random weights. It is the authors' scale if pictures are larger than the
 * network's input. Smaller pictures are enlarged until the largest fills the input, as the authors resize PanNuke's 256
 * px and other sets' 512 px to 448 px.
 * @param imageSize side of the network's input, pixels
 */
export async function scratchMpp(
  sources: readonly { readonly slide: string; readonly mpp: number }[],
  imageSize: number,
): Promise<number> {
  if (sources.length === 0) return authorsMpp
  let finest = Infinity
  let largest = 0
  for (const { slide, mpp } of sources) {
    const reader = unwrap(await openSlide(slide, { mpp }))
    const { width, height } = reader.info
    await reader.close()
    finest = Math.min(finest, mpp)
    largest = Math.max(largest, mpp * Math.max(width, height))
    if (largest >= authorsMpp * imageSize) return authorsMpp
  }
  return Math.min(authorsMpp, Math.max(largest / imageSize, finest / mostEnlarged))
}
