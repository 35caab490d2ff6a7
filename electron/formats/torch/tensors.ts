import { message } from '../../contract/index.ts'
import { storedNumbers, type StoredTensor } from '../weights/safetensors.ts'
import type { TorchFile } from './file.ts'
import type { Checkpoint } from './forms.ts'
import { elementBytes, type TorchTensor } from './values.ts'

/**
 * Numbers read in all may be this many times the file's bytes: storages can be shared, but a lie must not fill memory.
 */
const sharingLimit = 4

/** Reads tensors of one file; each takes only the part of its storage that it spans. */
export function tensorReader(
  file: TorchFile,
  { locate }: Checkpoint,
): (tensor: TorchTensor, name: string) => StoredTensor {
  let left = sharingLimit * file.size + 1024
  return ({ storage, offset, shape, strides }, name) => {
    const size = shape.reduce((a, b) => a * b, 1)
    if (size === 0) return { shape, data: new Float32Array(0) }
    const span = shape.reduce((last, d, i) => last + (d - 1) * strides[i], 0) + 1
    const width = elementBytes[storage.type]
    const { position, bytes } = locate(storage)
    if (!(offset + span <= storage.elements && (storage.start + offset + span) * width <= bytes))
      file.damaged(message('tensorFit', { name, shape, numbers: Math.min(storage.elements, bytes / width) }))
    if (size > storage.elements) file.damaged(message('tensorRepeats', { name, shape, numbers: storage.elements }))
    left -= Math.max(size, span)
    if (left < 0) file.damaged(message('tensorShared', { name }))
    const run = storedNumbers(file.read(position + (storage.start + offset) * width, span * width), storage.type)
    return { shape, data: isContiguous(shape, strides) ? run : gathered(run, shape, strides, size) }
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

/** The numbers in row-major order. */
function gathered<T extends Float32Array | Int32Array>(
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
