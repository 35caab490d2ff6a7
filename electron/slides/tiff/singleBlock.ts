import type { TiffPage } from './page.ts'
import { tags } from './tags.ts'

/**
 * One block of a page as a TIFF file of its own, a single strip of `height` rows, for a decoder that takes whole files.
 * Fields are little-endian SHORT (3) or LONG (4); eight-bit samples have no byte order.
 */
export function singleBlockTiff(page: TiffPage, block: Buffer, height: number): Buffer {
  const bitsAt = 8
  const directoryAt = bitsAt + 2 * page.samples + ((2 * page.samples) % 4)
  const fields: [tag: number, type: 3 | 4, count: number, value: number][] = [
    [tags.width, 4, 1, page.blockWidth],
    [tags.height, 4, 1, height],
    // One or two SHORTs stand in the field itself: 8, or 8 and 8.
    [tags.bitsPerSample, 3, page.samples, page.samples > 2 ? bitsAt : page.samples === 2 ? 0x80008 : 8],
    [tags.compression, 3, 1, page.compression],
    [tags.photometric, 3, 1, page.photometric],
    [tags.stripOffsets, 4, 1, 0],
    [tags.samplesPerPixel, 3, 1, page.samples],
    [tags.rowsPerStrip, 4, 1, height],
    [tags.stripByteCounts, 4, 1, block.length],
    [tags.planarConfiguration, 3, 1, 1],
    [tags.predictor, 3, 1, page.predictor],
  ]
  // A second or fourth channel must be declared; 2 = unassociated alpha.
  if (page.samples % 2 === 0) fields.push([tags.extraSamples, 3, 1, 2])
  const dataAt = directoryAt + 2 + 12 * fields.length + 4
  const header = Buffer.alloc(dataAt)
  header.write('II*\0', 'latin1')
  header.writeUInt32LE(directoryAt, 4)
  for (let i = 0; i < page.samples; i++) header.writeUInt16LE(8, bitsAt + 2 * i)
  header.writeUInt16LE(fields.length, directoryAt)
  fields.forEach(([tag, type, count, value], i) => {
    const at = directoryAt + 2 + 12 * i
    header.writeUInt16LE(tag, at)
    header.writeUInt16LE(type, at + 2)
    header.writeUInt32LE(count, at + 4)
    header.writeUInt32LE(tag === tags.stripOffsets ? dataAt : value, at + 8)
  })
  return Buffer.concat([header, block])
}
