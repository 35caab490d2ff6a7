/**
 * The content of a checkpoint's pickle, as data only. A Python class becomes its name (PyGlobal) and an instance
 * becomes an inert record (PyObject). None of these can be called.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyValue[] // lists and tuples
  | Map<PyValue, PyValue>
  | Set<PyValue>
  | PyGlobal
  | PyObject
  | TorchStorage
  | TorchTensor

/** The name of a Python class or function. */
export class PyGlobal {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** An instance of a known class: the arguments it was made from, and the state that was set on it. */
export class PyObject {
  readonly type: PyGlobal
  readonly args: readonly PyValue[]
  state: PyValue = null
  constructor(type: PyGlobal, args: readonly PyValue[]) {
    this.type = type
    this.args = args
  }

  /** Returns an attribute of the state, or undefined if there is none of that name. */
  attribute(name: string): PyValue | undefined {
    return this.state instanceof Map ? this.state.get(name) : undefined
  }
}

/** Element types, by their names in safetensors. */
export type ElementType = 'F32' | 'F64' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL'
export const elementBytes: Record<ElementType, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

/** A contiguous run of numbers in the file. */
export class TorchStorage {
  readonly type: ElementType
  /** Name of the storage within the file. */
  readonly key: string
  /** Number of elements. */
  readonly elements: number
  /** Index of the first element in the storage named `key`. It is not 0 only for a view in the older format. */
  readonly start: number
  constructor(type: ElementType, key: string, elements: number, start = 0) {
    this.type = type
    this.key = key
    this.elements = elements
    this.start = start
  }
}

/** A tensor as a view of a storage. Offset and strides are counted in elements. */
export class TorchTensor {
  readonly storage: TorchStorage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.strides = strides
  }
}
