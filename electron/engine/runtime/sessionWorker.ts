import { serveThread } from '../../threads/index.ts'
import { inside, type LaneData } from './exitGate.ts'
import { openSession, type Numbers, type OpenSession, type SessionDescription } from './session.ts'

interface OpenParams {
  /** Number chosen by the engine that identifies the session in later calls. */
  readonly session: number
  readonly description: SessionDescription
  /** Number of threads that onnxruntime may use. */
  readonly threads: number
}

interface RunParams {
  readonly session: number
  readonly feeds: Readonly<Record<string, Numbers>>
  /** Arrays in shared memory that outputs are written into. They are not sent back. */
  readonly into: Readonly<Record<string, Numbers>>
}

/** Runs in a lane's thread: its own sessions of any graph. */
function makeLane({ lane, gate }: LaneData) {
  const sessions = new Map<number, Promise<OpenSession>>()
  return {
    open({ session, description, threads }: OpenParams): void {
      const opened = inside(gate, lane, () => openSession(description, { threads }))
      opened.catch(() => undefined) // the first run reports the failure
      sessions.set(session, opened)
    },
    async run({ session, feeds, into }: RunParams) {
      const { run } = await sessions.get(session)!
      const results = await inside(gate, lane, () => run(feeds, into))
      return Object.fromEntries(Object.entries(results).filter(([name]) => !(name in into)))
    },
    close(session: number): void {
      sessions.delete(session)
    },
  }
}

export type SessionThread = typeof makeLane
serveThread(makeLane)
