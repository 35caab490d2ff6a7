import { FailureError, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import { readTiff, type Tiff, type TiffDirectory } from './directory.ts'
import { readPage, type TiffPage } from './page.ts'
import { tags } from './tags.ts'

export interface TiffPages {
  readonly tiff: Tiff
  /** Images of the main chain, in file order; at least one. */
  readonly pages: readonly TiffPage[]
  /** Sentences on what could not be read. */
  readonly notices: readonly Message[]
}

const read = new WeakMap<SlideFile, Promise<TiffPages>>()

/** Returns the message of a failure by damage; null if `error` is of another kind. */
const damageOf = (error: unknown): Message | null =>
  error instanceof FailureError && error.failure.kind === 'unreadable' ? error.failure.message : null

/**
 * Reads the images of a TIFF file. They are read once, even if several formats ask. Throws FailureError 'unreadable' if
 * none can be read. Damaged ones beside intact ones are left out and reported in `notices`.
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

/** Reads pages. The first must be intact; damaged later ones become notices. */
async function readPages(tiff: Tiff, directories: readonly TiffDirectory[], notices: Message[]) {
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

/** Masks (NewSubfileType bit 2) are not pictures of the slide. */
const isMask = (page: TiffPage) => (page.subfileType & 4) !== 0

/**
 * Returns whether `page` is a smaller copy of the same field of view: its height may differ by at most two pixels or
 * one percent.
 */
function isReduction(of: TiffPage, page: TiffPage): boolean {
  const expected = (page.width * of.height) / of.width
  return page.width < of.width && Math.abs(page.height - expected) <= Math.max(2, 0.01 * expected)
}

/** Reads the sub-directories of a page, where OME-TIFF stores its lower levels. */
async function subPages(tiff: Tiff, page: TiffPage, notices: Message[]): Promise<TiffPage[]> {
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
  /** Images of the main chain that are not levels. */
  readonly associated: readonly TiffPage[]
  readonly notices: readonly Message[]
}

/**
 * Sorts a file's pages. The levels are the first tiled page (or the first page if none is tiled) and its smaller
 * copies.
 */
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
  return {
    levels,
    associated: pictures.filter((page) => !levels.includes(page)),
    notices: found,
  }
}
