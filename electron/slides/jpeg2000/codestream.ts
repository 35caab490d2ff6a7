import { message, type Message } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'

/** Markers SOC and SIZ, which start a codestream (ITU T.800 A.4, A.5). */
const start = 0xff4fff51
/** Bytes from SOC to the components in SIZ. Each component has 3 bytes: depth, XRsiz, YRsiz. */
const componentsAt = 42
/** RGB with alpha has four components. An image with more is not a picture. */
const maxComponents = 4

/**
 * Reads the size of the image in a JPEG 2000 codestream from its SIZ segment, the bits of its samples, and whether some components have fewer
 * samples than others. Throws FailureError 'unreadable' if it is not a codestream, or not of a picture.
 */
export function codestreamSize(
  block: Buffer,
  part: Message,
): { width: number; height: number; components: number; bits: number; isSubsampled: boolean } {
  if (block.length < componentsAt + 3 || block.readUInt32BE(0) !== start)
    throw damaged(part, message('flawNotJpeg2000'))
  const count = block.readUInt16BE(40)
  if (count === 0 || count > maxComponents || block.length < componentsAt + 3 * count)
    throw damaged(part, message('flawComponents', { components: count }))
  const steps = Array.from({ length: 2 * count }, (_, i) => block[componentsAt + 3 * (i >> 1) + 1 + (i & 1)])
  return {
    width: block.readUInt32BE(8) - block.readUInt32BE(16),
    height: block.readUInt32BE(12) - block.readUInt32BE(20),
    components: count,
    bits: (block[componentsAt] & 127) + 1,
    isSubsampled: steps.some((step) => step !== 1),
  }
}
