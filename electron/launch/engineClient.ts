import { fork, type ChildProcess } from 'node:child_process'
import {
  engineProcess,
  FailureError,
  inEnglish,
  message,
  type EngineCalls,
  type EngineMethod,
  type EngineReply,
  type EngineRequest,
  type Message,
} from '../contract/index.ts'
import { build, sibling } from '../threads/index.ts'
import { keepProcess, type Log } from './logs.ts'

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
  /** Absent if the engine is no process of its own. */
  readonly restarts?: EngineRestarts
  close(): Promise<void>
}

/** Whether an engine that keeps ending is still started by itself. */
export interface EngineRestarts {
  /** Set after too many ends in a row, until the engine answers again: how often it ended, and why the last time. */
  readonly givenUp: { readonly times: number; readonly why: Message } | null
  /** The next call starts the engine at once, however long it would have to wait. */
  allowNow(): void
  /** Calls `listener` whenever `givenUp` changes. */
  watch(listener: () => void): void
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

/**
 * Starts the engine as a child of a plain Node process. Electron's shell has its own StartEngineProcess. With a log, what
 * the engine prints and how it ended is in it; otherwise its output is this process's own.
 */
export function forkEngine(log?: Log): StartEngineProcess {
  const output = log ? 'pipe' : 'inherit'
  return (onReply, onExit) => {
    const child: ChildProcess = fork(sibling(import.meta.url, '../engine/main'), [], {
      execArgv: [...process.execArgv, ...engineProcess.execArgv],
      env: { ...process.env, ...engineProcess.env },
      serialization: 'advanced',
      stdio: ['ignore', output, output, 'ipc'],
    })
    const kept = log && keepProcess(log, child)
    const whyOf = (code: number | null, signal: string | null): Message =>
      signal ? message('engineEndedBySignal', { signal }) : message('engineStoppedWithCode', { code })
    child.on('message', (message) => onReply(message as EngineReply))
    child.once('error', (error) => {
      const why = message('engineNotStarted', { reason: error.message })
      kept?.ended(inEnglish(why))
      onExit(why)
    })
    child.once('exit', (code, signal) => onExit(whyOf(code, signal)))
    child.once('close', (code, signal) => kept?.ended(inEnglish(whyOf(code, signal)))) // after the last of its output
    return {
      pid: child.pid,
      send: (request) => void child.send(request, () => undefined), // a closed channel is reported by 'exit'
      kill: () => {
        kept?.isToEnd()
        child.kill('SIGKILL')
      },
    }
  }
}

/** How soon an engine that keeps ending is started again. */
export interface BackOff {
  /** Wait before the start after the first end, ms. It doubles with each further end in a row. */
  readonly first: number
  /** After so many ends in a row, calls are refused for `pause`. */
  readonly most: number
  /** ms */
  readonly pause: number
}
const usualBackOff: BackOff = { first: 1_000, most: 5, pause: 60_000 }

/**
 * Connects to an engine whose process may die at any moment. Running calls then fail with kind 'engine', and the next
 * call starts a new process: after 1 s, 2 s, 4 s and so on while it ends again and again without an answer, and
 * after five such ends not for a minute, in which calls fail with kind 'engine' and say so. Nothing else is lost: all of the engine's data is also on disk or with the caller.
 */
export function connectEngine(start: StartEngineProcess = forkEngine(), backOff = usualBackOff): Engine {
  interface Pending {
    resolve: (result: never) => void
    reject: (error: Error) => void
    onProgress?: (progress: never) => void
    /** The process that works on it; undefined while it waits for a start. */
    process?: EngineProcess
  }
  let running: EngineProcess | undefined
  let nextId = 1
  /** Times that the engine ended since it last answered, and when it last did (performance.now(), which no clock moves). */
  let ends = 0
  let endedAt = 0
  let givenUp: EngineRestarts['givenUp'] = null
  const watchers = new Set<() => void>()
  const tell = (news: EngineRestarts['givenUp']): void => {
    if (news === givenUp) return
    givenUp = news
    for (const watcher of watchers) watcher()
  }
  const answered = (): void => {
    ends = 0
    tell(null)
  }
  /** ms until the engine may be started; 0 while it runs. */
  const wait = (): number => {
    if (running || ends === 0) return 0
    const length = ends >= backOff.most ? backOff.pause : backOff.first * 2 ** (ends - 1)
    return Math.max(0, endedAt + length - performance.now())
  }
  const pending = new Map<number, Pending>()

  const receive = (reply: Exclude<EngineReply, { kind: 'ready' }>) => {
    const call = pending.get(reply.id)
    if (!call) return
    switch (reply.kind) {
      case 'progress':
        call.onProgress?.(reply.progress as never)
        return
      case 'result':
        answered()
        call.resolve(reply.result as never)
        break
      case 'failure':
        answered()
        call.reject(FailureError.of(reply.failure))
        break
      case 'bug':
        call.reject(Object.assign(new Error(`The engine hit a bug: ${reply.message}`), { stack: reply.stack }))
        break
    }
    pending.delete(reply.id)
  }

  /** Timers of calls that wait for the engine's next start. */
  const waiting = new Map<number, NodeJS.Timeout>()
  const giveUp = (id: number, error: FailureError): void => {
    clearTimeout(waiting.get(id))
    waiting.delete(id)
    pending.get(id)?.reject(error)
    pending.delete(id)
  }

  const reject = (process: EngineProcess, error: FailureError): void => {
    for (const [id, call] of pending) {
      if (call.process !== process) continue
      call.reject(error)
      pending.delete(id)
    }
  }

  /** Starts the engine if it does not run. It gets requests once it has said that it is of this host's build. */
  const ensureRunning = (): EngineProcess => {
    if (running) return running
    let held: EngineRequest[] | undefined = []
    const onReply = (reply: EngineReply) => {
      if (reply.kind !== 'ready') return receive(reply)
      const requests = held ?? []
      held = undefined
      if (reply.build === build) return requests.forEach((request) => started.send(request))
      if (running === engine) running = undefined
      started.kill()
      reject(engine, new FailureError('engine', message('engineOfOtherVersion')))
    }
    const onExit = (why: Message) => {
      if (running === engine) {
        running = undefined
        ends++
        endedAt = performance.now()
        console.error(`The engine ended (${ends} in a row): ${inEnglish(why)}`)
        if (ends >= backOff.most) tell({ times: ends, why })
      }
      reject(engine, new FailureError('engine', message('engineEnded', { why })))
    }
    const started = start(onReply, onExit)
    const engine: EngineProcess = {
      get pid() {
        return started.pid
      },
      send: (request) => (held ? void held.push(request) : started.send(request)),
      kill: () => started.kill(),
    }
    running = engine
    return engine
  }

  return {
    get pid() {
      return running?.pid
    },
    restarts: {
      get givenUp() {
        return givenUp
      },
      allowNow: () => void (endedAt = -Infinity),
      watch: (listener) => void watchers.add(listener),
    },
    call(method, params, options = {}) {
      const id = nextId++
      return new Promise((resolve, reject) => {
        if (options.signal?.aborted) return reject(new FailureError('cancelled', message('cancelledBefore')))
        const left = wait()
        if (left > 0 && ends >= backOff.most) {
          const seconds = Math.ceil(left / 1000)
          return reject(new FailureError('engine', message('engineKeepsEnding', { times: ends, seconds })))
        }
        let engine: EngineProcess | undefined
        const begin = () => {
          waiting.delete(id)
          engine = ensureRunning()
          const call = pending.get(id)
          if (call) call.process = engine
          engine.send({ kind: 'call', id, method, params })
        }
        const cancel = () => {
          if (engine) return engine.send({ kind: 'cancel', id })
          giveUp(id, new FailureError('cancelled', message('cancelledBefore')))
        }
        options.signal?.addEventListener('abort', cancel, { once: true })
        const settle =
          <A extends unknown[]>(then: (...args: A) => void) =>
          (...args: A) => {
            options.signal?.removeEventListener('abort', cancel)
            then(...args)
          }
        pending.set(id, { resolve: settle(resolve), reject: settle(reject), onProgress: options.onProgress })
        if (left === 0) begin()
        else waiting.set(id, setTimeout(begin, left))
      })
    },
    async close() {
      running?.kill()
      running = undefined
      for (const id of waiting.keys()) giveUp(id, new FailureError('cancelled', message('cancelledBefore')))
    },
  }
}
