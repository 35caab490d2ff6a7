import type { SlideFile } from '../file.ts'
import { readTiff, type Tiff } from './directory.ts'
import { readPage, type TiffPage } from './page.ts'
import { tags } from './tags.ts'

export interface TiffPages {
  readonly tiff: Tiff
  /** Images of the main chain, in file order. */
  readonly pages: readonly TiffPage[]
}

const read = new WeakMap<SlideFile, Promise<TiffPages>>()

/** A TIFF file's images; read once, however many formats look at them. Fails with 'unreadable' where damaged. */
export function tiffPages(file: SlideFile): Promise<TiffPages> {
  const known = read.get(file)
  if (known) return known
  const pages = readTiff(file).then(async (tiff) => {
    const images: TiffPage[] = []
    for (const directory of tiff.directories) images.push(await readPage(file, directory))
    return { tiff, pages: images }
  })
  read.set(file, pages)
  return pages
}

/** Masks (NewSubfileType bit 2) are no pictures of the slide. */
const isMask = (page: TiffPage) => (page.subfileType & 4) !== 0

/** A smaller copy of the same field of view, up to rounding: at most two pixels or one percent off in height. */
function isReduction(of: TiffPage, page: TiffPage): boolean {
  const expected = (page.width * of.height) / of.width
  return page.width < of.width && Math.abs(page.height - expected) <= Math.max(2, 0.01 * expected)
}

/** The sub-directories of a page, where OME-TIFF keeps its lower levels. */
async function subPages(tiff: Tiff, page: TiffPage): Promise<TiffPage[]> {
  const offsets = (await page.directory.get(tags.subDirectories)?.numbers(64)) ?? []
  const pages: TiffPage[] = []
  for (const offset of offsets) pages.push(await readPage(tiff.file, await tiff.directoryAt(offset)))
  return pages
}

/** The levels of the slide, largest first: the first tiled page, or failing that the first, and its reductions. */
export async function pyramidOf({ tiff, pages }: TiffPages): Promise<TiffPage[]> {
  const pictures = pages.filter((page) => !isMask(page))
  const base = pictures.find((page) => page.isTiled) ?? pictures[0] ?? pages[0]
  if (!base.isTiled) return [base]
  const others = [...pictures, ...(await subPages(tiff, base))].filter(
    (page) => page.isTiled && isReduction(base, page),
  )
  const levels = [base]
  for (const page of others.sort((a, b) => b.width - a.width))
    if (page.width < levels[levels.length - 1].width) levels.push(page)
  return levels
}
