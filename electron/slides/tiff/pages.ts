import { FailureError, message, type Message, type Mpp } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import { levelFactor } from '../source/levelFactor.ts'
import { readTiff, type Tiff, type TiffDirectory } from './directory.ts'
import { readPage, type TiffPage } from './page.ts'
import { resolutionRatio } from './scale.ts'
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

/** Bits of NewSubfileType. */
const isReduced = (page: TiffPage) => (page.subfileType & 1) !== 0
/** Masks are not pictures of the slide. */
const isMask = (page: TiffPage) => (page.subfileType & 4) !== 0

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

/** A level of an image. */
export interface TiffLevel {
  readonly page: TiffPage
  /** Level-0 pixels per pixel. */
  readonly factor: number
  /** Size of the part of the page that shows the slide. */
  readonly width: number
  readonly height: number
}

/** An image of a file, with its smaller copies. */
export interface TiffImage {
  /** Name for people where the file states one; else empty. */
  readonly name: string
  /** Largest first. */
  readonly levels: readonly TiffLevel[]
  /** Sentences on what was assumed or left out. */
  readonly notices: readonly Message[]
  /** µm/px, where the file states them for each image apart. */
  readonly mpp?: Mpp | null
  /** Bits of a sample that are used, where the file states them. */
  readonly significantBits?: number
  /** Why the image is not read although it is intact, in words that end a sentence. */
  readonly unsupported?: Message
}

/** A picture beside the slide, known as what it is: "label", "macro", "thumbnail". */
export interface NamedPage {
  readonly page: TiffPage
  readonly name: string
}

/** What a file holds. */
export interface TiffContents {
  /** In file order; at least one. */
  readonly images: readonly TiffImage[]
  readonly pictures: readonly NamedPage[]
  readonly notices: readonly Message[]
}

/**
 * Sorts pages into images and their levels. A page is a level of the image before it (else of the next after it) of which
 * it is a smaller copy: tiled, of the same shape or of a stated resolution that fits. Pages that call themselves reduced
 * are never images of their own, unless there is no other. `nameOf` gives an image's name.
 */
export async function imagesOf(
  { tiff }: Pick<TiffPages, 'tiff'>,
  candidates: readonly TiffPage[],
  nameOf: (page: TiffPage) => string = () => '',
): Promise<{ images: TiffImage[]; others: TiffPage[]; notices: Message[] }> {
  const notices: Message[] = []
  const pages = candidates.filter((page) => !isMask(page))
  // Where the chain holds only a reduced copy (camera raw, DNG), the image is a sub-directory.
  if (pages.length > 0 && pages.every(isReduced))
    for (const page of [...pages])
      pages.push(...(await subPages(tiff, page, notices)).filter((sub) => !isReduced(sub) && !isMask(sub)))
  const full = pages.filter((page) => !isReduced(page))
  const own = full.length > 0 ? full : pages.length > 0 ? pages : candidates
  const isCopyOf = async (base: TiffPage, page: TiffPage) =>
    page !== base && base.isTiled && page.isTiled && page.width * page.height < base.width * base.height
      ? (await factorOf(base, page)) !== null
      : false
  const bases: TiffPage[] = []
  for (const page of own) {
    let isCopy = false
    for (const other of own) isCopy ||= await isCopyOf(other, page)
    if (!isCopy) bases.push(page)
  }
  const copies = new Map<TiffPage, TiffPage[]>(bases.map((base) => [base, []]))
  const others: TiffPage[] = []
  for (const page of pages) {
    if (copies.has(page)) continue
    const place = pages.indexOf(page)
    const before = bases.filter((base) => pages.indexOf(base) < place).reverse()
    const after = bases.filter((base) => pages.indexOf(base) > place)
    let owner: TiffPage | undefined
    for (const base of [...before, ...after]) if (!owner && (await isCopyOf(base, page))) owner = base
    if (owner) copies.get(owner)?.push(page)
    else others.push(page)
  }
  const images: TiffImage[] = []
  for (const base of bases) {
    const lower = base.isTiled ? [...(copies.get(base) ?? []), ...(await subPages(tiff, base, notices))] : []
    images.push({ name: nameOf(base), ...(await levelsOf(base, lower)) })
  }
  return { images, others, notices }
}

const factorOf = async (base: TiffPage, page: TiffPage, above?: number) => {
  const size = { width: page.width, height: page.height, tileWidth: page.blockWidth, tileHeight: page.blockHeight }
  return levelFactor(base, size, await resolutionRatio(base, page), above)
}

/** Returns the levels of an image: `base` and those of the smaller pages that show the same. */
async function levelsOf(base: TiffPage, smaller: readonly TiffPage[]): Promise<Pick<TiffImage, 'levels' | 'notices'>> {
  const { width, height } = base
  const levels: TiffLevel[] = [{ page: base, factor: 1, width, height }]
  let padded = 0
  let cut = 0
  for (const page of [...smaller].sort((a, b) => b.width * b.height - a.width * a.height)) {
    if (!page.isTiled || isMask(page)) continue
    const above = levels[levels.length - 1]
    const found = await factorOf(base, page, above.factor)
    if (!found || found.factor <= above.factor * 1.01 || found.width >= above.width) continue
    if (!found.isWhole) {
      cut++
      continue
    }
    if (found.width < page.width || found.height < page.height) padded++
    levels.push({ page, factor: found.factor, width: found.width, height: found.height })
  }
  const notices = [
    ...(padded > 0 ? [message('levelsPadded', { levels: padded })] : []),
    ...(cut > 0 ? [message('levelsCut', { levels: cut })] : []),
  ]
  return { levels, notices }
}

const areaOf = ({ levels: [base] }: TiffImage) => base.width * base.height

/** Returns the number, from 0, of the largest image: the section. Of several of the same size, the first. */
export const largestImage = (images: readonly TiffImage[]): number =>
  images.reduce((best, image, i) => (areaOf(image) > areaOf(images[best]) ? i : best), 0)

/** Returns the number, from 0, of the middle one of several focal planes, as of DICOM's. */
export const middlePlane = (planes: number): number => Math.floor((planes - 1) / 2)
