import { setFlagsFromString } from 'node:v8'

let users = 0

/**
 * Training makes much memory that dies at once and that V8 knows little of: onnxruntime's binding allocates every
 * output anew, even one that it writes into memory it was given. While `work` runs, V8 collects more eagerly:
 * fine-tuning tiny takes 441 MB so, 464 without. A whole-slide pass, whose threads share the process's flags, would
 * lose a tenth.
 */
export async function withFrugalHeap<T>(work: () => Promise<T>): Promise<T> {
  if (users++ === 0) setFlagsFromString('--optimize-for-size')
  try {
    return await work()
  } finally {
    if (--users === 0) setFlagsFromString('--no-optimize-for-size')
  }
}
