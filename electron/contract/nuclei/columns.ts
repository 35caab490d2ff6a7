/**
 * Named typed arrays in one buffer: the form in which nuclei, tokens and predictions are sent and stored.
 *
 * Layout, little-endian: "KCOL" · uint32 header length · header as UTF-8 JSON [{name, type, length, offset}] ·
 * padding · arrays, each at a multiple of 8 bytes from the start (`offset` counts from the start of the buffer).
 */
const types = {
  u8: Uint8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f16: Float16Array,
  f32: Float32Array,
  f64: Float64Array,
} as const
type ColumnType = keyof typeof types
export type Column =
  Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float16Array | Float32Array | Float64Array
export type Columns = Record<string, Column>

const magic = 0x4c4f434b // "KCOL" read as little-endian uint32
const align = (n: number) => (n + 7) & ~7

function typeOf(column: Column): ColumnType {
  for (const [name, ctor] of Object.entries(types)) if (column instanceof ctor) return name as ColumnType
  throw new TypeError('A column must be a typed array of a known type.')
}

export function encodeColumns(columns: Columns): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(columns).map(([name, column]) => ({ name, type: typeOf(column), column, offset: 0 }))
  const header = () =>
    new TextEncoder().encode(
      JSON.stringify(entries.map((e) => ({ name: e.name, type: e.type, length: e.column.length, offset: e.offset }))),
    )
  // The header contains offsets that depend on its own length: reserve generous room once, and pad with spaces.
  const headerRoom = align(8 + header().length + 16 * entries.length)
  let end = headerRoom
  for (const e of entries) {
    e.offset = end
    end = align(end + e.column.byteLength)
  }
  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, magic, true)
  view.setUint32(4, headerRoom - 8, true)
  bytes.fill(0x20, 8, headerRoom)
  bytes.set(header(), 8)
  for (const e of entries)
    bytes.set(new Uint8Array(e.column.buffer, e.column.byteOffset, e.column.byteLength), e.offset)
  return bytes
}

/**
 * Returns the columns as views of `source` (copied once if not 8-byte aligned). Throws RangeError on a damaged buffer.
 */
export function decodeColumns(source: Uint8Array): Columns {
  const bytes = source.byteOffset % 8 === 0 ? source : source.slice()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 8 || view.getUint32(0, true) !== magic) throw new RangeError('Not a Karyon column buffer.')
  const headerEnd = 8 + view.getUint32(4, true)
  if (headerEnd > bytes.byteLength) throw new RangeError('A Karyon column buffer is cut short in its header.')
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, headerEnd))) as {
    name: string
    type: ColumnType
    length: number
    offset: number
  }[]
  const columns: Columns = {}
  for (const { name, type, length, offset } of header) {
    const ctor = types[type]
    if (!ctor || offset % 8 !== 0 || offset + length * ctor.BYTES_PER_ELEMENT > bytes.byteLength)
      throw new RangeError(`Column "${name}" lies outside its buffer.`)
    columns[name] = new ctor(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length)
  }
  return columns
}

/** Concatenates arrays of one type. */
export function concatenated<T extends Column>(Type: new (length: number) => T, parts: readonly T[]): T {
  const all = new Type(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
