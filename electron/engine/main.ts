import {
  FailureError,
  message,
  type EngineMethod,
  type EngineReply,
  type EngineRequest,
  type SelfTestRequest,
} from '../contract/index.ts'
import { startOpenSlideThrough } from '../slides/index.ts'
import { build } from '../threads/index.ts'
import type { Handler } from './handler.ts'
import { handlers } from './handlers.ts'
import { selfTestsOfShell, startSelfTestsThrough, type SelfTestShell } from './runtime/selfTestProcess.ts'

/**
 * The engine process. It answers EngineRequests until its parent exits. It is the only process that loads onnxruntime,
 * and it can be killed at any moment without losing a label.
 */
interface Port {
  post(reply: EngineReply): void
  listen(receive: (request: EngineRequest) => void): void
}

interface MessagePortLike {
  postMessage(message: EngineReply): void
  on(event: 'message', receive: (event: { data: EngineRequest }) => void): void
  start(): void
}
/** The connection of an Electron utility process to the shell, which passes on the host's channel and starts processes. */
interface ShellPort extends SelfTestShell {
  postMessage(message: SelfTestRequest | { kind: 'start-openslide'; args: readonly string[] }): void
  once(event: 'message', receive: (event: { ports: MessagePortLike[] }) => void): void
}

/** Returns the port to the parent of this process, which is an Electron utility process or a child of plain Node. */
function parentPort(): Port {
  const shell = (process as { parentPort?: ShellPort }).parentPort
  if (shell) {
    startOpenSlideThrough((args) => shell.postMessage({ kind: 'start-openslide', args }))
    startSelfTestsThrough(selfTestsOfShell(shell))
    const host = new Promise<MessagePortLike>((resolve) => shell.once('message', ({ ports }) => resolve(ports[0])))
    return {
      post: (reply) => void host.then((port) => port.postMessage(reply)),
      listen: (receive) =>
        void host.then((port) => {
          port.on('message', ({ data }) => receive(data))
          port.start()
        }),
    }
  }
  process.once('disconnect', () => process.exit(0)) // the host is gone, so nobody needs this work
  return {
    post: (reply) => void process.send?.(reply),
    listen: (receive) => void process.on('message', (message) => receive(message as EngineRequest)),
  }
}

const port = parentPort()
const running = new Map<number, AbortController>()

async function answer<M extends EngineMethod>(id: number, method: M, params: Parameters<Handler<M>>[0]): Promise<void> {
  const controller = new AbortController()
  running.set(id, controller)
  const breathe = async () => {
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (controller.signal.aborted) throw new FailureError('cancelled', message('cancelled'))
  }
  try {
    const handler = handlers[method] as unknown as Handler<M>
    const result = await handler(params, {
      signal: controller.signal,
      progress: (progress) => port.post({ kind: 'progress', id, progress }),
      breathe,
    })
    port.post({ kind: 'result', id, result })
  } catch (error) {
    if (error instanceof FailureError) port.post({ kind: 'failure', id, failure: error.failure })
    else {
      const bug = error instanceof Error ? error : new Error(String(error))
      port.post({ kind: 'bug', id, message: bug.message, stack: bug.stack ?? '' })
    }
  } finally {
    running.delete(id)
  }
}

port.listen((request) => {
  if (request.kind === 'cancel') running.get(request.id)?.abort()
  else void answer(request.id, request.method, request.params as never)
})
port.post({ kind: 'ready', build })
