import { parentPort, workerData } from 'node:worker_threads'
import { FailureError } from '../contract/index.ts'
import { movedWith, type MakeCalls, type ThreadReply, type ThreadRequest } from './messages.ts'

/**
 * Answers the calls to a worker thread until its starter ends it. Each call starts when it arrives, even if earlier
 * calls are still running.
 */
export function serveThread(make: MakeCalls): void {
  const port = parentPort
  if (!port) throw new Error('This module runs only as a worker thread, started by startThread.')
  const post = (reply: ThreadReply, moving: ArrayBuffer[] = []) => port.postMessage(reply, moving)
  // Start now and not at the first call, so that the thread works at once. The calls report a failure.
  const calls = Promise.resolve().then(() => make(workerData as never))
  calls.catch(() => undefined)
  const answer = async (id: number, name: string, params: readonly unknown[]) => {
    try {
      const value: unknown = await (await calls)[name](...(params as never[]))
      post({ kind: 'answer', id, value }, movedWith([value]))
    } catch (error) {
      if (error instanceof FailureError) post({ kind: 'failure', id, failure: error.failure })
      else post({ kind: 'bug', id, error })
    }
  }
  port.on('message', (request: ThreadRequest) => {
    if (request.kind === 'end') port.close()
    else void answer(request.id, request.name, request.params)
  })
}
