import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { Tiff, TiffDirectory } from './directory.ts'
import { compressions, photometrics, tags } from './tags.ts'

/** What JPEG 2000 blocks hold, by the number of their compression, where the photometric tag says RGB all the same. */
export type Jpeg2000Colours = Readonly<Partial<Record<number, 'RGB' | 'YCbCr'>>>

/** An image of a TIFF file, divided into blocks: tiles, or strips as wide as the image. */
export interface TiffPage {
  readonly file: SlideFile
  readonly directory: TiffDirectory
  readonly width: number
  readonly height: number
  readonly isTiled: boolean
  /** Size of a block in pixels. The last strip may be shorter. */
  readonly blockWidth: number
  readonly blockHeight: number
  readonly compression: number
  readonly photometric: number
  readonly predictor: number
  readonly samples: number
  /** Bits per sample; 0 if the samples differ. */
  readonly bits: number
  readonly isLittleEndian: boolean
  readonly isPlanar: boolean
  readonly isInteger: boolean
  /** What the samples beyond those of the colours are: 0 unspecified, 1 premultiplied opacity, 2 opacity; null: not stated. */
  readonly extraSamples: readonly number[] | null
  /** The bits of each byte are stored in reverse order (FillOrder 2). */
  readonly isBitReversed: boolean
  /** Where the first row and column belong, 1 to 8 as in EXIF (tag 274); 1: top left. */
  readonly orientation: number
  /** NewSubfileType: reduced copy, mask and the like. */
  readonly subfileType: number
  /** Text of the ImageDescription; empty if there is none. */
  readonly description: string
  /** Colours of JPEG 2000 blocks where its vendor's are not the usual ones. */
  readonly jpeg2000?: Jpeg2000Colours
  /** Sample value of full intensity where it is not the largest of its bits: 4095 for 12 bits in 16. */
  readonly white?: number
  /** Name of the program that wrote the page; empty if not stated. */
  readonly software: string
  /**
   * Returns the compressed bytes of block `index`, counted in reading order; null if the file leaves it out (sparse
   * files).
   */
  block(index: number, part: Message): Promise<Buffer | null>
  /** Returns the compressed bytes of blocks that follow each other, read together where they lie together. */
  blocks(first: number, count: number, part: Message): Promise<(Buffer | null)[]>
  /** Returns the Huffman and quantisation tables that the page's JPEG blocks share. */
  jpegTables(): Promise<Buffer | null>
  /** Returns the ICC profile of the page's colours. */
  iccProfile(): Promise<Buffer | null>
}

/** The widest scans are below 2^20 px. A larger number is damage. */
const maxSize = 2 ** 24
const maxDescription = 2 ** 24
const maxSamples = 64
/** Most blocks of a page whose lengths are not stated. */
const maxAssumed = 2 ** 16
const maxTables = 2 ** 16
/** Profiles of scanners have up to some hundred kB. */
const maxProfile = 2 ** 24

/** Adds to a failure what was being looked for. */
const addContext = (part: Message) => (error: unknown) => {
  if (!(error instanceof FailureError)) throw error
  throw new FailureError(error.failure.kind, message('partNotFound', { part, why: error.failure.message }))
}

/**
 * Returns a text field up to its first NUL. It should be ASCII; in practice it is UTF-8, else Latin-1, or UTF-16 where a
 * program wrote its XML as it was.
 */
function textOf(bytes: Buffer): string {
  const [a, b, c, d] = bytes
  const hasMark = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
  const isWide = (a === 0 && c === 0 && b > 0 && d > 0) || (b === 0 && d === 0 && a > 0 && c > 0)
  const isUtf16 = bytes.length >= 4 && (hasMark || isWide)
  const encoding = isUtf16 && (a === 0xfe || a === 0) ? 'utf-16be' : isUtf16 ? 'utf-16le' : 'utf-8'
  const decode = (name: string, fatal: boolean) => new TextDecoder(name, { fatal }).decode(bytes)
  let text: string
  try {
    text = decode(encoding, true)
  } catch {
    text = bytes.toString('latin1')
  }
  return text.replace(/^\uFEFF/, '').replace(/\0[^]*$/, '')
}

/**
 * Reads what a directory states about its image, and checks that it is possible. `shift`: bytes by which the pixels come
 * later than stated (ImageJ states only the first of several pictures).
 */
export async function readPage(
  { file, isLittleEndian }: Pick<Tiff, 'file' | 'isLittleEndian'>,
  directory: TiffDirectory,
  shift = 0,
): Promise<TiffPage> {
  const damaged = (flaw: Message) =>
    new FailureError('unreadable', message('damagedFile', { file: file.name, kind: 'TIFF', flaw }))
  const first = async (tag: number, otherwise: number): Promise<number> => {
    const value = (await directory.get(tag)?.number(0)) ?? otherwise
    if (!Number.isInteger(value)) throw damaged(message('wholeNumber', { tag }))
    return value
  }

  const width = await first(tags.width, 0)
  const height = await first(tags.height, 0)
  const isSize = (n: number) => Number.isInteger(n) && n > 0 && n <= maxSize
  if (!isSize(width) || !isSize(height)) throw damaged(message('imageClaims', { size: [width, height] }))
  const isTiled = directory.has(tags.tileWidth)
  const blockWidth = isTiled ? await first(tags.tileWidth, 0) : width
  const blockHeight = isTiled
    ? await first(tags.tileHeight, 0)
    : Math.min(height, await first(tags.rowsPerStrip, height))
  if (!isSize(blockWidth) || !isSize(blockHeight) || (isTiled && blockWidth * blockHeight > maxSize * 2 ** 10))
    throw damaged(message('blocksClaim', { size: [blockWidth, blockHeight] }))

  const samples = await first(tags.samplesPerPixel, 1)
  const bitFields = (await directory.get(tags.bitsPerSample)?.numbers(maxSamples)) ?? [1]
  const text = async (tag: number) => textOf((await directory.get(tag)?.bytes(maxDescription)) ?? Buffer.alloc(0))
  // Old writers state the places of tiles in the tags of strips.
  const offsets = (isTiled && directory.get(tags.tileOffsets)) || directory.get(tags.stripOffsets)
  const byteCounts = (isTiled && directory.get(tags.tileByteCounts)) || directory.get(tags.stripByteCounts)
  let tables: Promise<Buffer | null> | undefined
  const description = await text(tags.description)
  const bits = bitFields.every((b) => b === bitFields[0]) ? bitFields[0] : 0
  const compression = await first(tags.compression, 1)
  const isPlanar = samples > 1 && (await first(tags.planarConfiguration, 1)) === 2
  const statedPhotometric = await first(tags.photometric, -1)
  const subfileType = await first(tags.newSubfileType, 0)
  // No compression doubles the size of the pixels.
  const maxBlock = blockWidth * blockHeight * samples * (bits / 8) * 2 + maxTables

  /** Length of a block that the file does not state: of its samples, or up to the next block or the end of the file. */
  const assumedLength = async (index: number, offset: number): Promise<number> => {
    const rows = isTiled
      ? blockHeight
      : Math.min(blockHeight, height - (index % Math.ceil(height / blockHeight)) * blockHeight)
    if (compression === compressions.none) return Math.ceil((blockWidth * (isPlanar ? 1 : samples) * bits) / 8) * rows
    const others = (await offsets?.numbers(maxAssumed)) ?? []
    return Math.min(file.size, maxBlock + offset, ...others.filter((other) => other > offset)) - offset
  }
  const placeOf = async (index: number, part: Message): Promise<{ offset: number; length: number } | null> => {
    if (!offsets) throw damaged(message('pixelsNowhere'))
    const offset = await offsets.number(index).catch(addContext(part))
    if (offset === 0) return null
    const stated = byteCounts && (await byteCounts.number(index).catch(addContext(part)))
    // A single block of zero bytes is one whose length its writer did not know; of several, it is left out. Behind the
    // first picture, the length of the first says nothing.
    const isAssumed = stated === undefined || (stated === 0 && offsets.count === 1) || shift > 0
    const length = isAssumed ? await assumedLength(index, offset) : stated
    if (length === 0) return null
    if (length > maxBlock) throw damaged(message('partClaims', { part, bytes: length }))
    return { offset: offset + shift, length }
  }

  return {
    file,
    directory,
    width,
    height,
    isTiled,
    blockWidth,
    blockHeight,
    compression,
    // As libtiff takes it where it is not stated.
    photometric:
      statedPhotometric >= 0 ? statedPhotometric : samples >= 3 ? photometrics.rgb : photometrics.blackIsZero,
    predictor: await first(tags.predictor, 1),
    samples,
    bits,
    isLittleEndian,
    isPlanar,
    // 4 = undefined: whole numbers in practice.
    isInteger: [1, 4].includes(await first(tags.sampleFormat, 1)),
    extraSamples: (await directory.get(tags.extraSamples)?.numbers(maxSamples)) ?? null,
    isBitReversed: (await first(tags.fillOrder, 1)) === 2,
    orientation: await first(tags.orientation, 1),
    // The old tag 255 says 2 for a reduced copy.
    subfileType: subfileType || ((await first(tags.subfileType, 1)) === 2 ? 1 : 0),
    description,
    // Only its beginning is looked at; a damaged one is no reason to refuse the slide.
    software: await text(tags.software).catch(() => ''),
    async block(index, part) {
      const place = await placeOf(index, part)
      return place && file.read(place.offset, place.length, part)
    },
    async blocks(from, count, part) {
      const places = await Promise.all(Array.from({ length: count }, (_, i) => placeOf(from + i, part)))
      const blocks: (Buffer | null)[] = places.map(() => null)
      for (let start = 0; start < count;) {
        const head = places[start]
        let end = start + 1
        if (head === null) {
          start = end
          continue
        }
        let last = head.offset + head.length
        for (let next = places[end]; end < count && next?.offset === last; next = places[++end]) last += next.length
        const bytes = await file.read(head.offset, last - head.offset, part)
        for (; start < end; start++) {
          const { offset, length } = places[start] ?? head
          blocks[start] = bytes.subarray(offset - head.offset, offset - head.offset + length)
        }
      }
      return blocks
    },
    jpegTables: () => (tables ??= directory.get(tags.jpegTables)?.bytes(maxTables) ?? Promise.resolve(null)),
    iccProfile: async () => (await directory.get(tags.iccProfile)?.bytes(maxProfile)) ?? null,
  }
}
