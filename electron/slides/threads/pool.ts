import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Decoded, Decoding, DecodeJob, DecodeReply } from './protocol.ts'

/** Time after which a decoder counts as stuck on damaged data, ms. A tile takes 1 to 30 ms. */
const patienceMs = 10_000

interface Thread {
  readonly worker: Worker
  readonly jobs: Map<number, { settle: (reply: DecodeReply) => void; timer: NodeJS.Timeout }>
}

const threads: Thread[] = []
let nextId = 1

/** The worker has the same extension as this file: .ts as source, .js as build. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

function startThread(): Thread {
  const thread: Thread = { worker: new Worker(workerUrl), jobs: new Map() }
  thread.worker.unref()
  const finish = (id: number, reply: DecodeReply) => {
    const job = thread.jobs.get(id)
    if (!job) return
    clearTimeout(job.timer)
    thread.jobs.delete(id)
    if (thread.jobs.size === 0) thread.worker.unref() // an idle thread must not keep the process alive
    job.settle(reply)
  }
  const fail = (error: string) => {
    const at = threads.indexOf(thread)
    if (at >= 0) threads.splice(at, 1)
    for (const id of [...thread.jobs.keys()]) finish(id, { id, error })
  }
  thread.worker.on('message', (reply: DecodeReply) => finish(reply.id, reply))
  thread.worker.on('error', (error) => fail(error.message))
  thread.worker.on('exit', () => fail('the decoder stopped'))
  threads.push(thread)
  return thread
}

/** Returns the least busy thread. Starts a new one if all are busy and there are processors left. */
function nextThread(): Thread {
  const idlest = threads.reduce<Thread | undefined>((a, b) => (a && a.jobs.size <= b.jobs.size ? a : b), undefined)
  const mayGrow = threads.length < Math.min(4, availableParallelism())
  return idlest && (idlest.jobs.size === 0 || !mayGrow) ? idlest : startThread()
}

/** Decodes on another thread. Resolves to `error`, in words, if that fails. */
export function decodeElsewhere(decoding: Decoding): Promise<Decoded | { readonly error: string }> {
  return new Promise((resolve) => {
    const thread = nextThread()
    const job: DecodeJob = { ...decoding, id: nextId++ }
    const timer = setTimeout(() => void thread.worker.terminate(), patienceMs)
    thread.jobs.set(job.id, { settle: resolve, timer })
    thread.worker.ref()
    thread.worker.postMessage(job)
  })
}
