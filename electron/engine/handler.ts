import type { EngineCalls, EngineMethod } from '../contract/index.ts'

export interface CallContext<M extends EngineMethod> {
  progress(progress: EngineCalls[M]['progress']): void
  /** Aborted when the caller cancels. */
  readonly signal: AbortSignal
  /**
   * Lets the thread receive messages, and throws FailureError 'cancelled' if the caller cancelled. Call it between
   * steps: session.run blocks the thread.
   */
  breathe(): Promise<void>
}

/** Handles one engine call. Expected failures are thrown as FailureError. */
export type Handler<M extends EngineMethod> = (
  params: EngineCalls[M]['params'],
  context: CallContext<M>,
) => Promise<EngineCalls[M]['result']>

export type Handlers = { [M in EngineMethod]: Handler<M> }
