import type { TiffPage } from '../page.ts'
import { photometrics, tags } from '../tags.ts'
import { sampleCompressions } from './unpack.ts'
import type { Colours, SampleLayout } from './layout.ts'

/** Returns how many samples of a pixel are its colour; those after them are extra. */
export const colourSamples = (photometric: number): number => {
  const { whiteIsZero, blackIsZero, palette, cmyk } = photometrics
  return [whiteIsZero, blackIsZero, palette].some((one) => one === photometric) ? 1 : photometric === cmyk ? 4 : 3
}

/**
 * Returns the sample that states opacity. ExtraSamples (338) says 1 for colours multiplied by it, 2 (and Corel 999) for
 * plain opacity, 0 for data of another kind, such as a saved selection. A single extra sample of which nothing is
 * stated is opacity, as other programs take it.
 */
export function alphaOf({ samples, photometric, extraSamples }: TiffPage): Colours['alpha'] {
  const first = colourSamples(photometric)
  if (samples <= first) return null
  const kinds = extraSamples ?? (samples === first + 1 ? [2] : [])
  const index = kinds.findIndex((kind) => kind === 1 || kind === 2 || kind === 999)
  return index < 0 || first + index >= samples ? null : { at: first + index, isPremultiplied: kinds[index] === 1 }
}

const layouts = new WeakMap<TiffPage, Promise<SampleLayout>>()

/** Returns how a page's samples are stored and what they mean. */
export function layoutOf(page: TiffPage): Promise<SampleLayout> {
  const known = layouts.get(page)
  if (known) return known
  const layout = readLayout(page)
  layouts.set(page, layout)
  layout.catch(() => layouts.delete(page)) // try again next time: the drive may come back
  return layout
}

async function readLayout(page: TiffPage): Promise<SampleLayout> {
  const { photometric, bits, samples, compression, predictor, isLittleEndian, isBitReversed, isPlanar } = page
  const numbers = async (tag: number, most: number) => page.directory.get(tag)?.numbers(most)
  const isYCbCr = photometric === photometrics.yCbCr
  const [across = 2, down = across] = (isYCbCr && (await numbers(tags.yCbCrSubsampling, 2))) || []
  const map = photometric === photometrics.palette ? await numbers(tags.colourMap, 3 * 2 ** 16) : undefined
  return {
    width: page.blockWidth,
    samples,
    bits,
    compression,
    predictor,
    isLittleEndian,
    isBitReversed,
    isPlanar,
    subsampling: isYCbCr && sampleCompressions.includes(compression) ? [across, down] : [1, 1],
    colours: {
      photometric,
      alpha: alphaOf(page),
      white: page.white ?? 2 ** bits - 1,
      ...(map && { palette: paletteOf(map) }),
      ...(isYCbCr && {
        luma: await numbers(tags.yCbCrCoefficients, 3),
        reference: await numbers(tags.referenceBlackWhite, 6),
      }),
    },
  }
}

/** Returns a ColorMap as bytes, colour by colour. Its numbers have 16 bits; some writers fill only 8 of them. */
function paletteOf(map: readonly number[]): Uint8Array {
  const count = Math.floor(map.length / 3)
  const shift = map.some((value) => value > 255) ? 8 : 0
  const palette = new Uint8Array(3 * count)
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) palette[3 * i + c] = map[c * count + i] >> shift
  return palette
}
