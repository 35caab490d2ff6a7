import { FailureError, message } from '../../electron/contract/index.ts'
import { moved, serveThread } from '../../electron/threads/index.ts'

/** A thread whose calls do what a test wants to see. */
function makeExample({ shared, refuses }: { readonly shared: Int32Array; readonly refuses?: boolean }) {
  if (refuses) throw new FailureError('not-found', message('noModelInstalled'))
  return {
    sum: (a: number, b: number) => a + b,
    later: (ms: number) => new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms)),
    fail: () => Promise.reject(new FailureError('empty', message('noLabels'))),
    bug: (): never => {
      throw new RangeError('Out of range.')
    },
    double(values: Float32Array<ArrayBuffer>) {
      for (let i = 0; i < values.length; i++) values[i] *= 2
      return moved(values, [values.buffer])
    },
    count: () => Atomics.add(shared, 0, 1) + 1,
    stop: () => process.exit(3),
    spin: (): void => {
      Atomics.store(shared, 1, 1)
      Atomics.notify(shared, 1)
      for (;;);
    },
  }
}

export type ExampleThread = typeof makeExample
serveThread(makeExample)
