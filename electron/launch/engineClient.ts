import { fork, type ChildProcess } from 'node:child_process'
import {
  engineProcess,
  FailureError,
  message,
  type EngineCalls,
  type EngineMethod,
  type EngineReply,
  type EngineRequest,
  type Message,
} from '../contract/index.ts'
import { sibling } from '../threads/index.ts'

export interface CallOptions<M extends EngineMethod> {
  onProgress?: (progress: EngineCalls[M]['progress']) => void
  /** Aborting asks the engine to stop at its next step. The call then fails with kind 'cancelled'. */
  signal?: AbortSignal
}

/** The engine as callers see it, however its process is started. */
export interface Engine {
  call<M extends EngineMethod>(
    method: M,
    params: EngineCalls[M]['params'],
    options?: CallOptions<M>,
  ): Promise<EngineCalls[M]['result']>
  /** Process id while the engine runs, for tests that kill it. */
  readonly pid: number | undefined
  close(): Promise<void>
}

/** A running engine process. Its starter passes replies to `onReply` and reports its end to `onExit`. */
export interface EngineProcess {
  readonly pid: number | undefined
  send(request: EngineRequest): void
  kill(): void
}
export type StartEngineProcess = (
  onReply: (reply: EngineReply) => void,
  onExit: (why: Message) => void,
) => EngineProcess

/** Starts the engine as a child of a plain Node process. Electron's shell has its own StartEngineProcess. */
export const forkEngine: StartEngineProcess = (onReply, onExit) => {
  const child: ChildProcess = fork(sibling(import.meta.url, '../engine/main'), [], {
    execArgv: [...process.execArgv, ...engineProcess.execArgv],
    env: { ...process.env, ...engineProcess.env },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.on('message', (message) => onReply(message as EngineReply))
  child.once('error', (error) => onExit(message('engineNotStarted', { reason: error.message })))
  child.once('exit', (code, signal) =>
    onExit(signal ? message('engineEndedBySignal', { signal }) : message('engineStoppedWithCode', { code })),
  )
  return {
    pid: child.pid,
    send: (request) => void child.send(request, () => undefined), // a closed channel is reported by 'exit'
    kill: () => void child.kill('SIGKILL'),
  }
}

/**
 * Connects to an engine whose process may die at any moment. Running calls then fail with kind 'engine', and the next
 * call starts a new process. Nothing else is lost: all of the engine's data is also on disk or with the caller.
 */
export function connectEngine(start: StartEngineProcess = forkEngine): Engine {
  interface Pending {
    resolve: (result: never) => void
    reject: (error: Error) => void
    onProgress?: (progress: never) => void
  }
  let running: EngineProcess | undefined
  let nextId = 1
  const pending = new Map<number, Pending>()

  const receive = (reply: EngineReply) => {
    if (reply.kind === 'ready') return
    const call = pending.get(reply.id)
    if (!call) return
    switch (reply.kind) {
      case 'progress':
        call.onProgress?.(reply.progress as never)
        return
      case 'result':
        call.resolve(reply.result as never)
        break
      case 'failure':
        call.reject(FailureError.of(reply.failure))
        break
      case 'bug':
        call.reject(Object.assign(new Error(`The engine hit a bug: ${reply.message}`), { stack: reply.stack }))
        break
    }
    pending.delete(reply.id)
  }

  const ensureRunning = (): EngineProcess => {
    if (running) return running
    const started: EngineProcess = start(receive, (why) => {
      if (running === started) running = undefined
      for (const call of pending.values()) call.reject(new FailureError('engine', message('engineEnded', { why })))
      pending.clear()
    })
    running = started
    return started
  }

  return {
    get pid() {
      return running?.pid
    },
    call(method, params, options = {}) {
      const id = nextId++
      const engine = ensureRunning()
      return new Promise((resolve, reject) => {
        if (options.signal?.aborted) return reject(new FailureError('cancelled', message('cancelledBefore')))
        const cancel = () => engine.send({ kind: 'cancel', id })
        options.signal?.addEventListener('abort', cancel, { once: true })
        const settle =
          <A extends unknown[]>(then: (...args: A) => void) =>
          (...args: A) => {
            options.signal?.removeEventListener('abort', cancel)
            then(...args)
          }
        pending.set(id, { resolve: settle(resolve), reject: settle(reject), onProgress: options.onProgress })
        engine.send({ kind: 'call', id, method, params })
      })
    },
    async close() {
      running?.kill()
      running = undefined
    },
  }
}
