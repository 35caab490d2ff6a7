import { setFlagsFromString } from 'node:v8'

let users = 0

/**
 * Makes V8 collect garbage more eagerly while `work` runs. Training allocates much short-lived memory of which V8 knows
 * little: onnxruntime's binding allocates every output anew, even one that it writes into given memory. Fine-tuning
 * tiny takes 441 MB with this and 464 MB without. Do not use it for a whole-slide pass: its threads share the process's
 * flags, and it would be a tenth slower.
 */
export async function withFrugalHeap<T>(work: () => Promise<T>): Promise<T> {
  if (users++ === 0) setFlagsFromString('--optimize-for-size')
  try {
    return await work()
  } finally {
    if (--users === 0) setFlagsFromString('--no-optimize-for-size')
  }
}
