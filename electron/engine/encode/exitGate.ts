/**
 * What keeps threads out of onnxruntime when the process ends: ending one inside aborts the process. One shared number
 * says that the process is ending, one per lane how much it has at work inside: a lane takes its next crop before it has
 * given back the last.
 */
export interface LaneGate {
  readonly numbers: Int32Array<SharedArrayBuffer>
}
const ending = 0
const laneAt = (lane: number) => 1 + lane

/** Longer than any run; a thread that hangs must not keep the process. */
const patienceMs = 10_000

export const laneGate = (lanes: number): LaneGate => ({
  numbers: new Int32Array(new SharedArrayBuffer(4 * (1 + lanes))),
})

/** Does `work` on a lane, unless the process is ending: then it never settles. */
export async function inside<T>({ numbers }: LaneGate, lane: number, work: () => Promise<T>): Promise<T> {
  Atomics.add(numbers, laneAt(lane), 1)
  const isEnding = Atomics.load(numbers, ending) === 1
  try {
    if (!isEnding) return await work()
  } finally {
    Atomics.sub(numbers, laneAt(lane), 1)
    Atomics.notify(numbers, laneAt(lane))
  }
  return new Promise<never>(() => undefined)
}

/** Called as the process exits: lets no lane in any more and waits until all are out. */
export function closeGate({ numbers }: LaneGate): void {
  Atomics.store(numbers, ending, 1)
  const until = Date.now() + patienceMs
  for (let at = 1; at < numbers.length; at++)
    for (let left = Atomics.load(numbers, at); left > 0 && Date.now() < until; left = Atomics.load(numbers, at))
      Atomics.wait(numbers, at, left, until - Date.now())
}
