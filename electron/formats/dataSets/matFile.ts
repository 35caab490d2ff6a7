import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { inflateSync } from 'node:zlib'
import { FailureError, message, systemFailure } from '../../contract/index.ts'

/** A numeric array of a .mat file. Of a matrix [rows, columns], element (i, j) is data[j·rows + i]. */
export interface MatArray {
  readonly dims: readonly number[]
  readonly data: Float64Array
}

// Element types (mi) and array classes (mx) from MATLAB, "MAT-File Format", level 5.
const miMatrix = 14
const miCompressed = 15
const mxDouble = 6
const mxUint64 = 15
const numberReaders: Record<number, [bytes: number, read: (v: DataView, at: number, little: boolean) => number]> = {
  1: [1, (v, at) => v.getInt8(at)],
  2: [1, (v, at) => v.getUint8(at)],
  3: [2, (v, at, l) => v.getInt16(at, l)],
  4: [2, (v, at, l) => v.getUint16(at, l)],
  5: [4, (v, at, l) => v.getInt32(at, l)],
  6: [4, (v, at, l) => v.getUint32(at, l)],
  7: [4, (v, at, l) => v.getFloat32(at, l)],
  9: [8, (v, at, l) => v.getFloat64(at, l)],
  12: [8, (v, at, l) => Number(v.getBigInt64(at, l))],
  13: [8, (v, at, l) => Number(v.getBigUint64(at, l))],
}
/** Limit for unpacking one element. Label files are far smaller; only a damaged length is larger. */
const maxUnpackedBytes = 2 ** 30

/**
 * Reads the numeric arrays of a MATLAB 5 file by name, plain or compressed, in either byte order. Cells, structures and
 * texts are skipped. Throws FailureError 'unreadable' (not a .mat file, cut short or damaged), 'unsupported' (version
 * 7.3), or the system's refusal.
 */
export async function readMat(path: string): Promise<Map<string, MatArray>> {
  const name = basename(path)
  const bytes = await readFile(path).catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'readFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  })
  if (/^MATLAB 7\.3/.test(bytes.toString('latin1', 0, 10)) || bytes.toString('latin1', 0, 4) === '\x89HDF')
    throw new FailureError('unsupported', message('matVersion', { file: name }))
  const order = bytes.toString('latin1', 126, 128)
  if (bytes.length < 128 || (order !== 'IM' && order !== 'MI'))
    throw new FailureError('unreadable', message('matNot', { file: name }))
  const arrays = new Map<string, MatArray>()
  try {
    for (const element of elements(bytes.subarray(128), order === 'IM')) {
      const array = element.type === miMatrix ? numericArray(element.data, order === 'IM') : undefined
      if (array) arrays.set(array.name, array)
    }
  } catch (error) {
    const isDamage = error instanceof RangeError || (error instanceof Error && 'code' in error)
    if (!isDamage) throw error
    throw new FailureError('unreadable', message('matDamaged', { file: name }))
  }
  return arrays
}

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)

/** Yields the data elements in order, compressed ones unpacked. Throws RangeError if one reaches beyond the end. */
function* elements(bytes: Uint8Array, little: boolean): Generator<{ type: number; data: Uint8Array }> {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length;) {
    const tag = view.getUint32(at, little)
    const small = tag >>> 16 // the size of an element of at most 4 bytes; it is stored within its tag
    const [type, size, start] = small ? [tag & 0xffff, small, at + 4] : [tag, view.getUint32(at + 4, little), at + 8]
    if (start + size > bytes.length) throw new RangeError('An element reaches beyond the end.')
    const data = bytes.subarray(start, start + size)
    if (type === miCompressed) yield* elements(inflateSync(data, { maxOutputLength: maxUnpackedBytes }), little)
    else yield { type, data }
    at = small ? at + 8 : start + (type === miCompressed ? size : (size + 7) & ~7)
  }
}

function numericArray(matrix: Uint8Array, little: boolean): (MatArray & { name: string }) | undefined {
  const [flags, dimensions, name, real] = elements(matrix, little)
  if (!flags || !dimensions || !name) throw new RangeError('An array lacks its header.')
  const arrayClass = viewOf(flags.data).getUint32(0, little) & 0xff
  if (arrayClass < mxDouble || arrayClass > mxUint64) return undefined
  const dims = [...numbers(dimensions, little)]
  const data = real ? numbers(real, little) : new Float64Array(0)
  if (data.length !== dims.reduce((n, d) => n * d, 1)) throw new RangeError('An array has not the size it states.')
  return { name: Buffer.from(name.data).toString('latin1'), dims, data }
}

function numbers({ type, data }: { type: number; data: Uint8Array }, little: boolean): Float64Array {
  const reader = numberReaders[type] as (typeof numberReaders)[number] | undefined
  if (!reader) throw new RangeError('An array holds something else than numbers.')
  const [bytes, read] = reader
  const view = viewOf(data)
  return Float64Array.from({ length: data.length / bytes }, (_, i) => read(view, i * bytes, little))
}
