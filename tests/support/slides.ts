import { inWords } from './messages.ts'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll } from 'vitest'
import {
  unwrap,
  type FailureKind,
  type RgbImage,
  type SlideReader,
  type Failure,
} from '../../electron/contract/index.ts'
import { openSlide, type OpenSlideOptions } from '../../electron/slides/index.ts'

/** First half of the SHA-256, as the reference values in these tests are written. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32)

/** A folder that is removed after the tests of the calling file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-slides-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a slide, gives it to `use` and closes it; a failure to open is thrown. */
export async function withSlide<T>(
  path: string,
  use: (slide: SlideReader) => Promise<T> | T,
  options?: OpenSlideOptions,
): Promise<T> {
  const slide = unwrap(await openSlide(path, options))
  try {
    return await use(slide)
  } finally {
    await slide.close()
  }
}

/** A picture in which every place looks different: smooth in red and green, detailed in blue. */
export function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      data[i++] = (x * 255) / width
      data[i++] = (y * 255) / height
      data[i++] = 128 + 100 * Math.sin(x / 17) * Math.cos(y / 13)
    }
  return { width, height, data }
}

/** An image for sharp to write. */
export const raw = ({ data, width, height }: RgbImage): Sharp => sharp(data, { raw: { width, height, channels: 3 } })

export { cut } from './tiles.ts'

/** All pixels of a slide at its full size. */
export const wholeOf = (slide: SlideReader): Promise<RgbImage> => {
  const { width, height } = slide.info
  return slide.region({ x: 0, y: 0, width, height }, width, height)
}

/** Pixels of an encoded image, decoded apart from the code under test. */
export async function decodedBy(input: Uint8Array | string): Promise<RgbImage> {
  const { data, info } = await sharp(input).raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`The reference has ${info.channels} channels.`)
  return { width: info.width, height: info.height, data }
}

/** Largest difference of two images of the same size. */
export function largestDifference(a: RgbImage, b: RgbImage): number {
  if (a.width !== b.width || a.height !== b.height || a.data.length !== b.data.length)
    throw new Error(`Images of different size: ${a.width} × ${a.height} and ${b.width} × ${b.height}.`)
  let most = 0
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(a.data[i] - b.data[i]))
  return most
}

/** Mean absolute difference of two images of the same size. */
export function meanDifference(a: RgbImage, b: RgbImage): number {
  if (a.data.length !== b.data.length) throw new Error('Images of different size.')
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]), 0) / a.data.length
}

/** The failure of opening a slide, or of reading from it if `use` is given. */
export async function failureOf(
  path: string,
  use?: (slide: SlideReader) => Promise<unknown>,
): Promise<{ kind: FailureKind; message: string } | undefined> {
  const opened = await openSlide(path)
  if (!opened.ok) return inWords(opened.failure)
  try {
    await use?.(opened.value)
    return undefined
  } catch (error) {
    if (error instanceof Error && 'failure' in error) return inWords(error.failure as Failure)
    throw error
  } finally {
    await opened.value.close()
  }
}
