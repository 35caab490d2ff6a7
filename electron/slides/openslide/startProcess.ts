import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { FailureError, message, type Message } from '../../contract/index.ts'
import { sibling } from '../../threads/index.ts'
import type { Hello, OpenSlideCalls, Reply, Request } from './child.ts'
import { overSocket } from './frames.ts'

/** A process with the OpenSlide library (child.ts). It may end at any moment, without harm to this one. */
export interface OpenSlideProcess {
  readonly pid: number
  /** Version of the library. */
  readonly version: string
  readonly isEnded: boolean
  /**
   * Fails with the FailureError of the call, or with FailureError 'engine', naming `file`, if the process ends before
   * it has answered.
   */
  call<Name extends keyof OpenSlideCalls>(
    name: Name,
    params: Parameters<OpenSlideCalls[Name]>[0],
    file: string,
  ): Promise<Awaited<ReturnType<OpenSlideCalls[Name]>>>
  /** Ends the process at once. Calls that are not answered yet fail. */
  end(): Promise<void>
}

/** Starts child.ts with these arguments. Calls `failed` if it is known that it cannot work. */
type Start = (args: ChildArguments, failed: (why: Message) => void) => void

/** The arguments of child.ts: the socket to connect to, and "library=" with the library's place. */
export type ChildArguments = readonly [address: string, library: string]

/** Longest wait for a new process, and for one answer: a slide on a slow share. */
const startMs = 30_000
const answerMs = 60_000

const ofThreads = 'karyon: start an OpenSlide process'

const startWithNode: Start = (args, failed) => {
  const child = spawn(process.execPath, [sibling(import.meta.url, './child'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    windowsHide: true,
  })
  child.unref()
  child.once('error', (error) => failed(message('openSlideNotStarted', { reason: error.message })))
  child.once('exit', () => failed(message('openSlideCrashed')))
}

/** In a thread of a process that cannot start others: its main thread asks for it. */
const startThroughMainThread: Start = (args) => {
  const channel = new BroadcastChannel(ofThreads)
  channel.postMessage(args)
  channel.close()
}

/** Threads get a copy of the environment when they start; process.versions does not tell them that this is Electron. */
const mark = 'KARYON_OPENSLIDE_STARTER'
let start: Start = !isMainThread && process.env[mark] === 'main thread' ? startThroughMainThread : startWithNode

/** Has OpenSlide's processes of this process and its threads started by `ask`: Electron's shell alone can start some. */
export function startOpenSlideThrough(ask: (args: ChildArguments) => void): void {
  start = ask
  process.env[mark] = 'main thread'
  const channel = new BroadcastChannel(ofThreads)
  channel.unref()
  channel.onmessage = (event) => ask((event as { data: ChildArguments }).data)
}

/** Places without a library, with the reason: they are not tried again. */
const missing = new Map<string, Message>()

/**
 * Starts a process with the library at `KARYON_OPENSLIDE`, else where the system looks for libraries. Returns why there
 * is none. Throws FailureError 'engine' if the process does not answer.
 */
export async function startOpenSlide(
  place = process.env.KARYON_OPENSLIDE ?? '',
): Promise<OpenSlideProcess | { readonly missing: Message }> {
  const known = missing.get(place)
  if (known) return { missing: known }
  const started = await connected(place)
  if ('missing' in started && started.missing.key !== 'openSlideCrashed') missing.set(place, started.missing)
  return started
}

/** Returns an address for a local socket: a named pipe on Windows, a path elsewhere, which may have 100 characters. */
const newAddress = () =>
  process.platform === 'win32'
    ? `\\\\.\\pipe\\karyon-${randomUUID()}`
    : join(tmpdir(), `karyon-${randomUUID().slice(0, 13)}.sock`)

async function connected(place: string): Promise<OpenSlideProcess | { readonly missing: Message }> {
  const server = createServer()
  const address = newAddress()
  const { promise, resolve, reject } = Promise.withResolvers<OpenSlideProcess | { readonly missing: Message }>()
  const late = setTimeout(
    () => reject(new FailureError('engine', message('openSlideSilent', { seconds: startMs / 1000 }))),
    startMs,
  )
  try {
    server.once('error', reject)
    server.once('connection', (socket) => {
      server.close() // for this one process only
      converse(socket, resolve)
    })
    server.listen(address, () => start([address, `library=${place}`], (why) => resolve({ missing: why })))
    return await promise
  } finally {
    clearTimeout(late)
    server.close()
  }
}

/** Talks with a process that has connected. Passes it to `ready` once it has said hello, or why there is no library. */
function converse(socket: Socket, ready: (started: OpenSlideProcess | { readonly missing: Message }) => void): void {
  const waiting = new Map<number, { settle: (reply: Reply) => void; lost: () => void }>()
  let nextId = 1
  let isEnded = false
  const settled = (id: number) => {
    waiting.delete(id)
    if (waiting.size === 0) socket.unref()
  }
  const greet = (hello: Hello) => {
    if ('missing' in hello) {
      socket.destroy()
      return ready(hello)
    }
    socket.unref()
    ready({
      ...hello,
      get isEnded() {
        return isEnded
      },
      call,
      end,
    })
  }
  const call: OpenSlideProcess['call'] = (name, params, file) => {
    const { promise, resolve, reject } = Promise.withResolvers<never>()
    const lost = () => reject(new FailureError('engine', message('openSlideEnded', { file })))
    if (isEnded) {
      lost()
      return promise
    }
    const id = nextId++
    const slow = setTimeout(() => socket.destroy(), answerMs)
    const done = () => {
      clearTimeout(slow)
      settled(id)
    }
    const settle = (reply: Reply) => {
      done()
      if ('value' in reply) resolve(reply.value as never)
      else reject('failure' in reply ? FailureError.of(reply.failure) : new Error(`OpenSlide’s process: ${reply.bug}`))
    }
    waiting.set(id, { settle, lost: () => (done(), lost()) })
    socket.ref()
    send({ id, name, params } satisfies Request)
    return promise
  }
  const end = async () => {
    if (isEnded) return
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.ref()
    socket.once('close', () => resolve())
    socket.end() // it then ends itself, and the system closes its side
    await promise
  }
  let hasGreeted = false
  const send = overSocket(socket, (value) => {
    if (hasGreeted) return waiting.get((value as Reply).id)?.settle(value as Reply)
    hasGreeted = true
    greet(value as Hello)
  })
  socket.on('error', () => undefined) // followed by 'close'
  socket.once('close', () => {
    isEnded = true
    for (const { lost } of [...waiting.values()]) lost()
    ready({ missing: message('openSlideCrashed') }) // without effect after hello
  })
}
