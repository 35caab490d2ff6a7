import { message } from '../../contract/index.ts'
import { storedNumbers, type StoredTensor } from '../weights/safetensors.ts'
import type { TorchFile } from './file.ts'
import type { Checkpoint } from './checkpoint.ts'
import { elementBytes, type TorchTensor } from './values.ts'

/**
 * Tensors can share storages, so together they may have more numbers than the file. The limit, in numbers per byte of
 * the file, keeps a damaged file from filling the memory.
 */
const sharingLimit = 4

/**
 * Returns a function that reads one tensor of the file. It reads only the part of the storage that the tensor spans and
 * throws FailureError 'unreadable' if the tensor does not fit its storage.
 */
export function tensorReader(
  file: TorchFile,
  { locate }: Checkpoint,
): (tensor: TorchTensor, name: string) => StoredTensor {
  let budget = sharingLimit * file.size + 1024
  return ({ storage, offset, shape, strides }, name) => {
    const size = shape.reduce((a, b) => a * b, 1)
    if (size === 0) return { shape, data: new Float32Array(0) }
    const span = shape.reduce((last, d, i) => last + (d - 1) * strides[i], 0) + 1
    const width = elementBytes[storage.type]
    const { position, bytes } = locate(storage)
    if (!(offset + span <= storage.elements && (storage.start + offset + span) * width <= bytes))
      file.failDamaged(message('tensorFit', { name, shape, numbers: Math.min(storage.elements, bytes / width) }))
    if (size > storage.elements) file.failDamaged(message('tensorRepeats', { name, shape, numbers: storage.elements }))
    budget -= Math.max(size, span)
    if (budget < 0) file.failDamaged(message('tensorShared', { name }))
    const run = storedNumbers(file.read(position + (storage.start + offset) * width, span * width), storage.type)
    return { shape, data: isContiguous(shape, strides) ? run : gather(run, shape, strides, size) }
  }
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false
    expected *= shape[i]
  }
  return true
}

/** Copies the numbers of a strided tensor into row-major order. */
function gather<T extends Float32Array | Int32Array>(
  run: T,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): T {
  const out = (run instanceof Float32Array ? new Float32Array(size) : new Int32Array(size)) as T
  const index = new Array<number>(shape.length).fill(0)
  let at = 0
  for (let i = 0; i < size; i++) {
    out[i] = run[at]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]
      if (++index[axis] < shape[axis]) break
      at -= shape[axis] * strides[axis]
      index[axis] = 0
    }
  }
  return out
}
