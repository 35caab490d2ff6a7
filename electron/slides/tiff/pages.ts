import { FailureError } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import { readTiff, type Tiff, type TiffDirectory } from './directory.ts'
import { readPage, type TiffPage } from './page.ts'
import { tags } from './tags.ts'

export interface TiffPages {
  readonly tiff: Tiff
  /** Images of the main chain, in file order; at least one. */
  readonly pages: readonly TiffPage[]
  /** What of the file could not be read, in sentences. */
  readonly notices: readonly string[]
}

const read = new WeakMap<SlideFile, Promise<TiffPages>>()

/** A damaged page as a notice, null where `error` is of another kind than damage. */
const damageOf = (error: unknown): string | null =>
  error instanceof FailureError && error.failure.kind === 'unreadable' ? error.message : null

/**
 * A TIFF file's images; read once, however many formats look at them. Fails with 'unreadable' where none can be read;
 * damaged ones beside sound ones are left out and said in `notices`.
 */
export function tiffPages(file: SlideFile): Promise<TiffPages> {
  const known = read.get(file)
  if (known) return known
  const pages = readTiff(file).then(async (tiff) => {
    const notices = tiff.brokenChain ? [tiff.brokenChain] : []
    return { tiff, pages: await readPages(tiff, tiff.directories, notices), notices }
  })
  read.set(file, pages)
  return pages
}

/** The first page must be sound; damaged later ones become notices. */
async function readPages(tiff: Tiff, directories: readonly TiffDirectory[], notices: string[]) {
  const pages: TiffPage[] = []
  for (const directory of directories)
    try {
      pages.push(await readPage(tiff, directory))
    } catch (error) {
      const damage = damageOf(error)
      if (damage === null || pages.length === 0) throw error
      notices.push(damage)
    }
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
async function subPages(tiff: Tiff, page: TiffPage, notices: string[]): Promise<TiffPage[]> {
  const pages: TiffPage[] = []
  try {
    for (const offset of (await page.directory.get(tags.subDirectories)?.numbers(64)) ?? [])
      pages.push(await readPage(tiff, await tiff.directoryAt(offset)))
  } catch (error) {
    const damage = damageOf(error)
    if (damage === null) throw error
    notices.push(damage)
  }
  return pages
}

export interface Pyramid {
  /** The levels of the slide, largest first. */
  readonly levels: readonly TiffPage[]
  /** Pictures of the main chain that are no levels. */
  readonly others: readonly TiffPage[]
  readonly notices: readonly string[]
}

/** Sorts a file's pages: the first tiled one, or failing that the first, and its reductions are the levels. */
export async function pyramidOf({ tiff, pages, notices }: TiffPages): Promise<Pyramid> {
  const pictures = pages.filter((page) => !isMask(page))
  const base = pictures.find((page) => page.isTiled) ?? pictures[0] ?? pages[0]
  const found = [...notices]
  const levels = [base]
  if (base.isTiled) {
    const smaller = [...pictures, ...(await subPages(tiff, base, found))].filter(
      (page) => page.isTiled && isReduction(base, page),
    )
    for (const page of smaller.sort((a, b) => b.width - a.width))
      if (page.width < levels[levels.length - 1].width) levels.push(page)
  }
  const { writer } = base
  return {
    levels: levels.map((page) => ({ ...page, writer })),
    others: pictures.filter((page) => !levels.includes(page)),
    notices: found,
  }
}
