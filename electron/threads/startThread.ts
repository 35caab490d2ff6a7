import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { FailureError, message } from '../contract/index.ts'
import { movedWith, type MakeCalls, type ThreadReply, type ThreadRequest } from './messages.ts'

type CallsOf<Make extends MakeCalls> = Awaited<ReturnType<Make>>

/** The starter's handle of a worker thread. */
export interface Thread<Make extends MakeCalls> {
  /** Number of calls not answered yet. */
  readonly load: number
  /**
   * Calls the thread. Fails with the FailureError of the call, with the thrown Error if it is a bug, or with
   * FailureError 'cancelled' if the thread is ended first.
   */
  call<Name extends keyof CallsOf<Make> & string>(
    name: Name,
    ...params: Parameters<CallsOf<Make>[Name]>
  ): Promise<Awaited<ReturnType<CallsOf<Make>[Name]>>>
  /**
   * Ends the thread. If it has answered every call, it exits normally. Otherwise it is terminated at once, during its
   * work. Do not call this while the thread is inside onnxruntime: that aborts the process.
   */
  end(): Promise<void>
}

interface ThreadOptions {
  /** Aborting ends the thread; its calls then fail with 'cancelled'. */
  readonly signal?: AbortSignal
  /**
   * Room for young objects, MB. By default a thread that makes many short-lived ones takes over 100 MB for them.
   */
  readonly youngMB?: number
  /** Called once if the thread stops without having been ended, after all its calls have failed. */
  readonly onLost?: (error: Error) => void
}

/**
 * Starts the worker module at `path` (see sibling.ts), which calls serveThread. The thread keeps the process alive only
 * while it has calls to answer.
 * @param data copied to the thread, except shared memory
 */
export function startThread<Make extends MakeCalls>(
  path: string,
  data: Parameters<Make>[0],
  { signal, youngMB, onLost }: ThreadOptions = {},
): Thread<Make> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>()
  let nextId = 1
  /** Set once the thread answers no more: the error that calls fail with. */
  let stopped: Error | undefined
  const worker = new Worker(path, {
    workerData: data as unknown,
    ...(youngMB && { resourceLimits: { maxYoungGenerationSizeMb: youngMB } }),
  })
  worker.unref()

  const stop = (error: Error, isLost: boolean) => {
    if (stopped) return
    stopped = error
    signal?.removeEventListener('abort', abort)
    const calls = [...waiting.values()]
    waiting.clear()
    for (const { reject } of calls) reject(error)
    if (isLost) onLost?.(error)
  }
  const terminate = async () => {
    stop(new FailureError('cancelled', message('cancelled')), false)
    await worker.terminate()
  }
  const abort = () => void terminate()

  worker.on('message', (reply: ThreadReply) => {
    const call = waiting.get(reply.id)
    if (!call) return
    waiting.delete(reply.id)
    if (waiting.size === 0) worker.unref()
    if (reply.kind === 'answer') call.resolve(reply.value as never)
    else call.reject(reply.kind === 'failure' ? FailureError.of(reply.failure) : reply.error)
  })
  worker.on('error', (error) => stop(error as Error, true))
  worker.on('exit', (code) => stop(new Error(`A worker thread stopped with code ${code}.`), true))
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })

  return {
    get load() {
      return waiting.size
    },
    call(name, ...params) {
      const { promise, resolve, reject } = Promise.withResolvers<never>()
      promise.catch(() => undefined) // calls are made ahead: one may fail before it is awaited
      if (stopped) reject(stopped)
      else {
        const id = nextId++
        const request: ThreadRequest = { kind: 'call', id, name, params }
        worker.postMessage(request, movedWith(params))
        worker.ref()
        waiting.set(id, { resolve, reject })
      }
      return promise
    },
    async end() {
      if (stopped || waiting.size > 0) return terminate()
      stop(new FailureError('cancelled', message('cancelled')), false)
      const exit = once(worker, 'exit')
      worker.ref()
      worker.postMessage({ kind: 'end' } satisfies ThreadRequest)
      await exit
    },
  }
}
