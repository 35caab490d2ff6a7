/**
 * Keeps threads out of onnxruntime while the process exits. Ending a thread inside onnxruntime would abort the process.
 * One shared number says that the process is ending. Another number per lane counts its running calls; there can be
 * more than one, because a lane accepts the next crop before it has returned the last.
 */
export interface LaneGate {
  readonly numbers: Int32Array<SharedArrayBuffer>
}

/** What the thread of a lane is started with. */
export interface LaneData {
  readonly lane: number
  readonly gate: LaneGate
}

const ending = 0
const laneAt = (lane: number) => 1 + lane

/** Longer than any run. The limit exists so that a hanging thread cannot keep the process alive. */
const patienceMs = 10_000

export const laneGate = (lanes: number): LaneGate => ({
  numbers: new Int32Array(new SharedArrayBuffer(4 * (1 + lanes))),
})

/** Runs `work` on a lane. If the process is ending, it does not run it and the promise never settles. */
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

/** Lets no more work start and waits until all lanes are idle. Called when the process exits. */
export function closeGate({ numbers }: LaneGate): void {
  Atomics.store(numbers, ending, 1)
  const until = Date.now() + patienceMs
  for (let at = 1; at < numbers.length; at++)
    for (let left = Atomics.load(numbers, at); left > 0 && Date.now() < until; left = Atomics.load(numbers, at))
      Atomics.wait(numbers, at, left, until - Date.now())
}
