import type { RgbImage, TokenizerData } from '../../contract/index.ts'
import { openDataSet, chooseTiles, type DataImage } from '../../formats/dataSets/index.ts'
import { readableParts } from './regions.ts'

/**
 * Returns the pictures of each data set that has any left. Slides are split into regions. Decoded pictures are cached
 * up to a limit.
 */
export async function tokenizerSets({ data, tiles }: TokenizerData): Promise<(readonly DataImage[])[]> {
  const keep = keptPictures()
  const sets: DataImage[][] = []
  for (const { images } of chooseTiles(await Promise.all(data.map((path) => openDataSet(path))), tiles).chosen) {
    const parts: DataImage[] = []
    for (const image of images) parts.push(...(await readableParts(image)))
    if (parts.length > 0) sets.push(parts.map((part) => ({ ...part, pixels: () => keep(part) })))
  }
  return sets
}

/** Size of the cache of decoded pictures, bytes. With it a small set is read once, not at each step. */
const keptBytes = 256e6

function keptPictures() {
  const kept = new Map<DataImage, RgbImage>()
  let bytes = 0
  return async (image: DataImage): Promise<RgbImage> => {
    const known = kept.get(image)
    const picture = known ?? (await image.pixels())
    if (!known) bytes += picture.data.length
    kept.delete(image)
    kept.set(image, picture) // the most recently used is last
    for (const [oldest, { data }] of kept) {
      if (bytes <= keptBytes) break
      kept.delete(oldest)
      bytes -= data.length
    }
    return picture
  }
}
