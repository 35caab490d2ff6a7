/**
 * What a checkpoint's pickle turns into: data alone. Python classes stay names (PyGlobal), their instances inert
 * records (PyObject). Nothing here can be called.
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

/** An instance of a known class: what it was made from and what was set on it. */
export class PyObject {
  readonly type: PyGlobal
  readonly args: readonly PyValue[]
  state: PyValue = null
  constructor(type: PyGlobal, args: readonly PyValue[]) {
    this.type = type
    this.args = args
  }

  /** An attribute of its state; undefined where it has none of that name. */
  attribute(name: string): PyValue | undefined {
    return this.state instanceof Map ? this.state.get(name) : undefined
  }
}

/** Element kinds, by the names safetensors gives them. */
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

/** A run of numbers in the file. */
export class TorchStorage {
  readonly type: ElementType
  /** Its name within the file. */
  readonly key: string
  /** Elements it holds. */
  readonly elements: number
  /** First element within the storage of that name (the old form has views of storages). */
  readonly start: number
  constructor(type: ElementType, key: string, elements: number, start = 0) {
    this.type = type
    this.key = key
    this.elements = elements
    this.start = start
  }
}

/** A tensor as a view of a storage; offset and strides count elements. */
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
