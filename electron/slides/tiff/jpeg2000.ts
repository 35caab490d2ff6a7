import { damaged } from '../damaged.ts'

/** Markers SOC and SIZ, with which a codestream begins (ITU T.800 A.4, A.5). */
const start = 0xff4fff51

/** Size of the image in a JPEG 2000 codestream, from its SIZ segment. Fails with 'unreadable' where it is none. */
export function codestreamSize(block: Buffer, what: string): { width: number; height: number } {
  if (block.length < 42 || block.readUInt32BE(0) !== start)
    throw damaged(what, 'is damaged: it is not a JPEG 2000 codestream')
  return {
    width: block.readUInt32BE(8) - block.readUInt32BE(16),
    height: block.readUInt32BE(12) - block.readUInt32BE(20),
  }
}
