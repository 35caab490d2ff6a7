/** Writes small DICOM whole-slide files by hand, sound or not. Attribute values are little-endian, VRs explicit. */

export interface DicomOptions {
  readonly transferSyntax: string
  readonly width: number
  readonly height: number
  readonly tile: number
  /** Frames in the file's order; uncompressed where `isNative`. */
  readonly frames: readonly Uint8Array[]
  readonly isNative?: boolean
  readonly photometric?: string
  readonly planar?: boolean
  readonly imageType?: string
  readonly series?: string
  /** mm per pixel, y then x; absent: none stated. */
  readonly spacing?: readonly [number, number]
  /** Left upper pixels of the frames, counted from 1: sparse tiling. */
  readonly positions?: readonly (readonly [x: number, y: number])[]
  readonly concatenation?: { readonly uid: string; readonly offset: number }
  readonly focalPlanes?: number
  readonly offsets?: 'none' | 'basic' | 'extended'
  /** Cut every frame into so many fragments. */
  readonly fragments?: number
  readonly sopClass?: string
  readonly profile?: Uint8Array
  readonly implicit?: boolean
}

const long = new Set(['OB', 'OV', 'SQ', 'UN', 'OW'])
const even = (bytes: Uint8Array, pad = 0) =>
  bytes.length % 2 ? Buffer.concat([bytes, Buffer.from([pad])]) : Buffer.from(bytes)
const u16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const tagBytes = (tag: number) => Buffer.concat([u16(tag >>> 16), u16(tag & 0xffff)])

export function writeDicom(options: DicomOptions): Buffer {
  const { width, height, tile, frames, transferSyntax, implicit = false } = options
  const element = (tag: number, vr: string, value: Uint8Array | string, isExplicit = !implicit): Buffer => {
    const bytes = typeof value === 'string' ? even(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 0x20) : even(value)
    if (!isExplicit) return Buffer.concat([tagBytes(tag), u32(bytes.length), bytes])
    const head = long.has(vr) ? [Buffer.from(vr), u16(0), u32(bytes.length)] : [Buffer.from(vr), u16(bytes.length)]
    return Buffer.concat([tagBytes(tag), ...head, bytes])
  }
  const sequence = (tag: number, items: Buffer[]) =>
    element(tag, 'SQ', Buffer.concat(items.flatMap((item) => [tagBytes(0xfffee000), u32(item.length), item])))
  const { spacing, positions, concatenation, focalPlanes, profile } = options
  const elements = [
    element(0x00080008, 'CS', options.imageType ?? 'ORIGINAL\\PRIMARY\\VOLUME\\NONE'),
    element(0x00080016, 'UI', options.sopClass ?? '1.2.840.10008.5.1.4.1.1.77.1.6'),
    element(0x00100010, 'PN', 'Never^Shown'),
    element(0x0020000e, 'UI', options.series ?? '1.2.3.4'),
    ...(concatenation
      ? [element(0x00209161, 'UI', concatenation.uid), element(0x00209228, 'UL', u32(concatenation.offset))]
      : []),
    ...(positions ? [] : [element(0x00209311, 'CS', 'TILED_FULL')]),
    element(0x00280002, 'US', u16(3)),
    element(0x00280004, 'CS', options.photometric ?? 'RGB'),
    element(0x00280006, 'US', u16(options.planar ? 1 : 0)),
    element(0x00280008, 'IS', String(frames.length)),
    element(0x00280010, 'US', u16(tile)),
    element(0x00280011, 'US', u16(tile)),
    element(0x00280100, 'US', u16(8)),
    element(0x00280101, 'US', u16(8)),
    element(0x00480006, 'UL', u32(width)),
    element(0x00480007, 'UL', u32(height)),
    ...(profile ? [sequence(0x00480105, [element(0x00282000, 'OB', profile)])] : []),
    ...(focalPlanes ? [element(0x00480303, 'UL', u32(focalPlanes))] : []),
    ...(spacing ? [sequence(0x52009229, [sequence(0x00289110, [element(0x00280030, 'DS', spacing.join('\\'))])])] : []),
    ...(positions
      ? [
          sequence(
            0x52009230,
            positions.map(([x, y]) =>
              sequence(0x0048021a, [
                Buffer.concat([element(0x0048021e, 'SL', u32(x)), element(0x0048021f, 'SL', u32(y))]),
              ]),
            ),
          ),
        ]
      : []),
  ]
  const meta = Buffer.concat([element(0x00020010, 'UI', transferSyntax, true)])
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', u32(meta.length), true),
    meta,
    ...elements,
    ...pixelData(options, element),
  ])
}

function pixelData(
  { frames, isNative, offsets = 'none', fragments = 1 }: DicomOptions,
  element: (tag: number, vr: string, value: Uint8Array) => Buffer,
): Buffer[] {
  if (isNative) return [element(0x7fe00010, 'OB', Buffer.concat(frames))]
  const item = (bytes: Uint8Array) => Buffer.concat([tagBytes(0xfffee000), u32(bytes.length), bytes])
  const pieces = frames.map((frame) => {
    const size = Math.ceil(frame.length / fragments / 2) * 2
    return Array.from({ length: fragments }, (_, i) => item(even(frame.subarray(i * size, (i + 1) * size))))
  })
  const starts: number[] = []
  let at = 0
  for (const parts of pieces) {
    starts.push(at)
    at += parts.reduce((sum, part) => sum + part.length, 0)
  }
  const tables =
    offsets === 'extended'
      ? [
          element(0x7fe00001, 'OV', Buffer.concat(starts.map(u64))),
          element(0x7fe00002, 'OV', Buffer.concat(frames.map((frame) => u64(frame.length + (frame.length % 2))))),
        ]
      : []
  return [
    ...tables,
    tagBytes(0x7fe00010),
    Buffer.from('OB'),
    u16(0),
    u32(0xffffffff),
    item(offsets === 'basic' ? Buffer.concat(starts.map(u32)) : Buffer.alloc(0)),
    ...pieces.flat(),
    tagBytes(0xfffee0dd),
    u32(0),
  ]
}
