import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from './file.ts'

/**
 * The header of a NumPy array in a .npy file (NumPy Enhancement Proposal 1), in C order: the last axis varies fastest.
 */
export interface NpyHeader {
  readonly shape: readonly number[]
  /** NumPy's name of the element type with its byte order: "<f8", "|u1", "<U13". */
  readonly type: string
  /** Bytes per element. */
  readonly elementBytes: number
  /** Offset of the elements in the file. */
  readonly start: number
}
export type NpyNumbers = Exclude<ReturnType<(typeof numberTypes)[keyof typeof numberTypes]>, undefined>

const numberTypes = {
  b1: (b: ArrayBuffer) => new Uint8Array(b),
  u1: (b: ArrayBuffer) => new Uint8Array(b),
  i1: (b: ArrayBuffer) => new Int8Array(b),
  u2: (b: ArrayBuffer) => new Uint16Array(b),
  i2: (b: ArrayBuffer) => new Int16Array(b),
  u4: (b: ArrayBuffer) => new Uint32Array(b),
  i4: (b: ArrayBuffer) => new Int32Array(b),
  u8: (b: ArrayBuffer) => new BigUint64Array(b),
  i8: (b: ArrayBuffer) => new BigInt64Array(b),
  f4: (b: ArrayBuffer) => new Float32Array(b),
  f8: (b: ArrayBuffer) => new Float64Array(b),
}

export const isNpy = (head: Uint8Array): boolean => Buffer.from(head).toString('latin1', 0, 6) === '\x93NUMPY'

/**
 * Reads the header of a .npy file, versions 1 to 3. The file must contain all elements that it states. Failures:
 * 'unreadable' (no header, cut short), 'unsupported' (Fortran order, structures, Python objects).
 */
export async function npyHeader(file: SlideFile): Promise<NpyHeader> {
  const bad = (flaw: Message) =>
    new FailureError('unreadable', message('damagedFile', { file: file.name, kind: 'NumPy', flaw }))
  if (!isNpy(file.head)) throw bad(message('notNumPy'))
  const fixed = await file.read(0, 12, message('partHeader'))
  const wide = fixed[6] > 1
  const length = wide ? fixed.readUInt32LE(8) : fixed.readUInt16LE(8)
  const start = (wide ? 12 : 10) + length
  const text = (await file.read(wide ? 12 : 10, length, message('partHeader'))).toString('latin1')
  const type = /'descr':\s*'([<>|=]?[a-zA-Z]\d+)'/.exec(text)?.[1]
  const dims = /'shape':\s*\(([\d\s,]*)\)/.exec(text)?.[1]
  if (!type && /'descr':/.test(text))
    throw new FailureError('unsupported', message('numPyStructures', { file: file.name }))
  if (!type || dims === undefined) throw bad(message('numPyHeader'))
  if (/'fortran_order':\s*True/.test(text))
    throw new FailureError('unsupported', message('numPyOrder', { file: file.name }))
  const shape = dims
    .split(',')
    .map((d) => d.trim())
    .filter(Boolean)
    .map(Number)
  const elementBytes = Number(/\d+$/.exec(type)![0]) * (/U/.test(type) ? 4 : 1)
  const promised = start + shape.reduce((n, d) => n * d, elementBytes)
  if (promised > file.size)
    throw new FailureError(
      'unreadable',
      message('numPyShort', { file: file.name, shape, type, needed: promised, size: file.size }),
    )
  return { shape, type, elementBytes, start }
}

/** Reads only entry `index` along the first axis. Throws FailureError 'unsupported' if its elements are not numbers. */
export async function npyEntry(file: SlideFile, header: NpyHeader, index: number): Promise<NpyNumbers> {
  const { shape, type, elementBytes, start } = header
  const view = numberTypes[type.slice(-2) as keyof typeof numberTypes] as
    (typeof numberTypes)[keyof typeof numberTypes] | undefined
  if (!view || type.length > 3) throw new FailureError('unsupported', message('numPyType', { file: file.name, type }))
  const length = shape.slice(1).reduce((n, d) => n * d, elementBytes)
  const bytes = await file.read(start + index * length, length, message('partEntry', { entry: index }))
  if (type.startsWith('>')) {
    if (elementBytes === 2) bytes.swap16()
    else if (elementBytes === 4) bytes.swap32()
    else if (elementBytes === 8) bytes.swap64()
  }
  // A small read may come from a shared pool, where the numbers may not be aligned.
  const own = bytes.byteOffset === 0 && bytes.buffer.byteLength === length
  return view(own ? (bytes.buffer as ArrayBuffer) : Uint8Array.from(bytes).buffer)
}
