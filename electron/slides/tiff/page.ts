import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { Tiff, TiffDirectory } from './directory.ts'
import { tags } from './tags.ts'

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
  /** NewSubfileType: reduced copy, mask and the like. */
  readonly subfileType: number
  /** Text of the ImageDescription; empty if there is none. */
  readonly description: string
  /** Colours of JPEG 2000 blocks where its vendor's are not the usual ones. */
  readonly jpeg2000?: Jpeg2000Colours
  /** Name of the program that wrote the page; empty if not stated. */
  readonly software: string
  /**
   * Returns the compressed bytes of block `index`, counted in reading order; null if the file leaves it out (sparse
   * files).
   */
  block(index: number, part: Message): Promise<Buffer | null>
  /** Returns the Huffman and quantisation tables that the page's JPEG blocks share. */
  jpegTables(): Promise<Buffer | null>
  /** Returns the ICC profile of the page's colours. */
  iccProfile(): Promise<Buffer | null>
}

/** The widest scans are below 2^20 px. A larger number is damage. */
const maxSize = 2 ** 24
/** 4,096²: real tiles are 128 to 2,048 px wide. */
const maxBlockPixels = 2 ** 24
const maxDescription = 2 ** 24
const maxTables = 2 ** 16
/** Profiles of scanners have up to some hundred kB. */
const maxProfile = 2 ** 24

/** Adds to a failure what was being looked for. */
const addContext = (part: Message) => (error: unknown) => {
  if (!(error instanceof FailureError)) throw error
  throw new FailureError(error.failure.kind, message('partNotFound', { part, why: error.failure.message }))
}

/** Reads what a directory states about its image, and checks that it is possible. */
export async function readPage(
  { file, isLittleEndian }: Pick<Tiff, 'file' | 'isLittleEndian'>,
  directory: TiffDirectory,
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
  if (!isSize(blockWidth) || !isSize(blockHeight) || (isTiled && blockWidth * blockHeight > maxBlockPixels))
    throw damaged(message('blocksClaim', { size: [blockWidth, blockHeight] }))

  const samples = await first(tags.samplesPerPixel, 1)
  const bitFields = (await directory.get(tags.bitsPerSample)?.numbers(16)) ?? [1]
  const text = async (tag: number) =>
    ((await directory.get(tag)?.bytes(maxDescription))?.toString('utf8') ?? '').replace(/\0[^]*$/, '')
  const offsets = directory.get(isTiled ? tags.tileOffsets : tags.stripOffsets)
  const byteCounts = directory.get(isTiled ? tags.tileByteCounts : tags.stripByteCounts)
  let tables: Promise<Buffer | null> | undefined
  const description = await text(tags.description)
  const bits = bitFields.every((b) => b === bitFields[0]) ? bitFields[0] : 0
  // No compression doubles the size of the pixels.
  const maxBlock = blockWidth * blockHeight * samples * (bits / 8) * 2 + maxTables

  return {
    file,
    directory,
    width,
    height,
    isTiled,
    blockWidth,
    blockHeight,
    compression: await first(tags.compression, 1),
    photometric: await first(tags.photometric, -1),
    predictor: await first(tags.predictor, 1),
    samples,
    bits,
    isLittleEndian,
    isPlanar: samples > 1 && (await first(tags.planarConfiguration, 1)) === 2,
    isInteger: (await first(tags.sampleFormat, 1)) === 1,
    subfileType: await first(tags.newSubfileType, 0),
    description,
    software: await text(tags.software),
    async block(index, part) {
      if (!offsets || !byteCounts) throw damaged(message('pixelsNowhere'))
      const [offset, length] = await Promise.all([offsets.number(index), byteCounts.number(index)]).catch(
        addContext(part),
      )
      if (offset === 0 || length === 0) return null
      if (length > maxBlock) throw damaged(message('partClaims', { part, bytes: length }))
      return file.read(offset, length, part)
    },
    jpegTables: () => (tables ??= directory.get(tags.jpegTables)?.bytes(maxTables) ?? Promise.resolve(null)),
    iccProfile: async () => (await directory.get(tags.iccProfile)?.bytes(maxProfile)) ?? null,
  }
}
