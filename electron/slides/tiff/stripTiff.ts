import { photometrics, tags } from './tags.ts'

/** Layout of the pixels in strips. Numbers are TIFF's. */
export interface StripLayout {
  readonly width: number
  readonly height: number
  readonly samples: number
  /** The same for every sample. */
  readonly bits: number
  readonly compression: number
  readonly photometric: number
  readonly predictor: number
  /** Default: one strip. */
  readonly rowsPerStrip?: number
  /** Byte order of 16-bit samples; default: little-endian. */
  readonly isLittleEndian?: boolean
  /** ICC profile of the pixels. */
  readonly profile?: Buffer
  /** Further tags, each with its number. */
  readonly fields?: readonly (readonly [tag: number, value: number])[]
}

type Field = readonly [tag: number, type: 3 | 4 | 7, values: readonly number[] | Buffer]
const sizes = { 3: 2, 4: 4, 7: 1 } as const

/** Wraps strips of pixels in a TIFF file, for decoders that take whole files. */
export function stripTiff(layout: StripLayout, ...strips: readonly Uint8Array[]): Buffer {
  const {
    width,
    height,
    samples,
    bits,
    compression,
    photometric,
    predictor,
    rowsPerStrip = height,
    isLittleEndian = true,
    profile,
    fields: more = [],
  } = layout
  const extra = samples - (photometric === photometrics.rgb ? 3 : 1)
  const fields: Field[] = [
    [tags.width, 4, [width]],
    [tags.height, 4, [height]],
    [tags.bitsPerSample, 3, Array.from({ length: samples }, () => bits)],
    [tags.compression, 3, [compression]],
    [tags.photometric, 3, [photometric]],
    [tags.stripOffsets, 4, strips.map(() => 0)],
    [tags.samplesPerPixel, 3, [samples]],
    [tags.rowsPerStrip, 4, [rowsPerStrip]],
    [tags.stripByteCounts, 4, strips.map((strip) => strip.length)],
    [tags.planarConfiguration, 3, [1]],
    [tags.predictor, 3, [predictor]],
    // Channels beyond grey or RGB must be declared; 0 = of another kind.
    ...(extra > 0 ? [[tags.extraSamples, 3, Array.from({ length: extra }, () => 0)] as const] : []),
    // Small numbers fit every type that these tags may have.
    ...more.map(([tag, value]): Field => [tag, tag === tags.fillOrder ? 3 : 4, [value]]),
    ...(profile ? [[tags.iccProfile, 7, profile] as const] : []),
  ]
  fields.sort(([a], [b]) => a - b)
  const number = (value: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size)
    bytes.writeUIntLE(value, 0, size)
    return isLittleEndian ? bytes : bytes.reverse()
  }
  const bytesOf = ([, type, values]: Field) =>
    Buffer.isBuffer(values) ? values : Buffer.concat(values.map((value) => number(value, sizes[type])))

  const directoryAt = 8
  let end = directoryAt + 2 + 12 * fields.length + 4
  const beyond: Buffer[] = []
  const put = (bytes: Buffer): number => {
    const at = end
    beyond.push(bytes, Buffer.alloc(bytes.length % 2))
    end += bytes.length + (bytes.length % 2)
    return at
  }
  const lists = new Map<number, Buffer>()
  const placed = fields.map((field, i) => {
    const bytes = bytesOf(field)
    lists.set(i, bytes)
    return bytes.length <= 4 ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : number(put(bytes), 4)
  })
  // Where the strips begin is known only now: written into the entry, or into the list that it points to.
  const offsetsAt = fields.findIndex(([tag]) => tag === tags.stripOffsets)
  const offsets = Buffer.concat(
    strips.map((strip) => {
      const at = number(end, 4)
      end += strip.length
      return at
    }),
  )
  if (strips.length === 1) placed[offsetsAt] = offsets
  else offsets.copy(lists.get(offsetsAt) ?? offsets)
  const entries = fields.map((field, i) => {
    const [tag, type, values] = field
    return Buffer.concat([number(tag, 2), number(type, 2), number(values.length, 4), placed[i]])
  })
  return Buffer.concat([
    Buffer.from(isLittleEndian ? 'II' : 'MM'),
    number(42, 2),
    number(directoryAt, 4),
    number(fields.length, 2),
    ...entries,
    number(0, 4),
    ...beyond,
    ...strips,
  ])
}
