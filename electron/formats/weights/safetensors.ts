import { readFile } from 'node:fs/promises'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'

/** One tensor of a safetensors file. Floats of any width are float32, integers and booleans are int32. */
export interface StoredTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

interface Entry {
  dtype: string
  shape: number[]
  data_offsets: [number, number]
}
const bytesPer: Record<string, number> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, I8: 1, BOOL: 1 }
/** Largest header, bytes: the format's own limit. A larger one is damage. */
const headerLimit = 100_000_000

/** Reads a whole safetensors file. Throws FailureError 'unreadable' for anything else. */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    const failure = systemFailure(error, { do: 'readFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
  return parseSafetensors(bytes, path)
}

export function parseSafetensors(bytes: Uint8Array, name: string): Map<string, StoredTensor> {
  const bad = (why: Message): never => {
    throw new FailureError('unreadable', message('safetensorsDamaged', { name, why }))
  }
  if (bytes.length < 8) bad(message('onlyBytes', { bytes: bytes.length }))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = Number(view.getBigUint64(0, true))
  if (headerLength > headerLimit || 8 + headerLength > bytes.length) bad(message('headerPastEnd'))
  let header: Record<string, Entry>
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerLength)),
    ) as Record<string, Entry>
  } catch {
    return bad(message('headerNotJson'))
  }
  const tensors = new Map<string, StoredTensor>()
  const base = 8 + headerLength
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') continue
    const width = bytesPer[entry?.dtype]
    const [start, end] = Array.isArray(entry?.data_offsets) ? entry.data_offsets : [NaN, NaN]
    if (!width || !Array.isArray(entry.shape) || !entry.shape.every((d) => Number.isSafeInteger(d) && d >= 0))
      bad(message('tensorKind', { name: key, kind: String(entry?.dtype) }))
    const size = entry.shape.reduce((a, b) => a * b, 1)
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end - start !== size * width)
      bad(message('tensorFill', { name: key, shape: entry.shape, bytes: end - start }))
    if (base + end > bytes.length) bad(message('tensorPastEnd', { name: key }))
    tensors.set(key, {
      shape: entry.shape,
      data: isInPlace(bytes, base + start, entry.dtype)
        ? new Float32Array(bytes.buffer, bytes.byteOffset + base + start, size)
        : storedNumbers(new Uint8Array(bytes.subarray(base + start, base + end)), entry.dtype),
    })
  }
  return tensors
}

/** Returns true if the numbers can be used in place, which keeps large weights from being in memory twice. */
const isInPlace = (bytes: Uint8Array, start: number, dtype: string): boolean =>
  dtype === 'F32' && (bytes.byteOffset + start) % 4 === 0

/**
 * Converts little-endian numbers, which fill their buffer, to float32 if they are floats, else to int32. `dtype` is
 * safetensors' name of their type.
 */
export function storedNumbers(bytes: Uint8Array<ArrayBuffer>, dtype: string): Float32Array | Int32Array {
  const { buffer } = bytes
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer)
    case 'F64':
      return Float32Array.from(new Float64Array(buffer))
    case 'F16':
      return Float32Array.from(new Float16Array(buffer))
    case 'BF16': {
      // bfloat16 is the upper half of a float32.
      const wide = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16)
      return new Float32Array(wide.buffer)
    }
    case 'I64':
      return Int32Array.from(new BigInt64Array(buffer), Number)
    case 'I32':
      return new Int32Array(buffer)
    case 'I16':
      return Int32Array.from(new Int16Array(buffer))
    case 'I8':
      return Int32Array.from(new Int8Array(buffer))
    default:
      return Int32Array.from(bytes)
  }
}

/** Shape and number type of a tensor to be written. */
export interface TensorEntry {
  readonly shape: readonly number[]
  readonly dtype: 'F32' | 'F16' | 'I32'
}

/** Returns the header of a safetensors file, whose tensors follow in the given order. */
export function safetensorsHeader(
  tensors: Iterable<readonly [string, TensorEntry]>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let offset = 0
  for (const [name, { shape, dtype }] of tensors) {
    const end = offset + bytesPer[dtype] * shape.reduce((a, b) => a * b, 1)
    header[name] = { dtype, shape, data_offsets: [offset, end] }
    offset = end
  }
  let json = JSON.stringify(header)
  json += ' '.repeat((8 - (json.length % 8)) % 8) // tensors aligned, as the format recommends
  const text = new TextEncoder().encode(json)
  const bytes = new Uint8Array(8 + text.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

/** Tensors to be written, by name: float32, int32 or float16. */
export type TensorsToStore = Iterable<
  readonly [string, { shape: readonly number[]; data: Float32Array | Int32Array | Float16Array }]
>

/** Returns a safetensors file in pieces. The tensors' memory is not copied. */
export function safetensorsPieces(tensors: TensorsToStore, metadata: Record<string, string> = {}): Uint8Array[] {
  const all = [...tensors]
  const entries = all.map(([name, { shape, data }]) => {
    const dtype = data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'F16'
    return [name, { shape, dtype }] as const
  })
  const parts = all.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return [safetensorsHeader(entries, metadata), ...parts]
}

/** Returns a safetensors file as bytes. */
export const safetensorsBytes = (tensors: TensorsToStore, metadata: Record<string, string> = {}): Uint8Array =>
  new Uint8Array(Buffer.concat(safetensorsPieces(tensors, metadata)))
