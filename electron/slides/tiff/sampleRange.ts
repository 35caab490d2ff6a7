import { message, type Message } from '../../contract/index.ts'
import { cameraBitsOf } from './samples/unpack.ts'
import type { TiffPage } from './page.ts'
import { largestOfPage } from './samples/pageBlocks.ts'
import { sampleCompressions } from './samples/unpack.ts'
import { photometrics, tags } from './tags.ts'

const { whiteIsZero, blackIsZero, rgb } = photometrics

/**
 * Returns the sample value that is shown as white, if it is not the largest of 16 bits: as the file states it
 * (`stated`, MaxSampleValue), else of the smallest range of a camera that holds the pixels, and then a notice.
 * `levels`: pages of one image, largest first; the smallest is looked at, and the largest if it has only one.
 */
export async function sampleRange(
  levels: readonly TiffPage[],
  statedBits: number | undefined,
): Promise<{ white: number; notice: Message | null } | null> {
  const [base] = levels
  const isGreyOrRgb = [whiteIsZero, blackIsZero, rgb].some((one) => one === base.photometric)
  if (base.bits !== 16 || !isGreyOrRgb || !sampleCompressions.includes(base.compression)) return null
  const largest = await largestOfPage(levels[levels.length - 1])
  if (largest === 0) return null
  const stated = statedBits === undefined ? await statedWhite(base) : 2 ** statedBits - 1
  // A stated range that the pixels exceed is wrong.
  if (stated !== null && stated >= largest && stated <= 65535) return { white: stated, notice: null }
  const bits = cameraBitsOf(largest)
  return bits === 16 ? null : { white: 2 ** bits - 1, notice: message('narrowRange', { bits, largest }) }
}

async function statedWhite(page: TiffPage): Promise<number | null> {
  for (const tag of [tags.sMaxSampleValue, tags.maxSampleValue]) {
    const values = (await page.directory.get(tag)?.numbers(64)) ?? []
    const most = Math.max(0, ...values)
    if (most > 0 && Number.isFinite(most)) return most
  }
  return null
}
