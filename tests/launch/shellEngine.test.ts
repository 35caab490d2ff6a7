import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { type EngineReply, type EngineRequest, message } from '../../electron/contract/index.ts'
import { connectEngine } from '../../electron/launch/engineClient.ts'
import { build } from '../../electron/threads/index.ts'
import { shellEngine } from '../../electron/launch/shellEngine.ts'
import type { EnginePort, HostToShell, ShellPort, ShellToHost } from '../../electron/launch/shellMessages.ts'

/** A shell that starts an engine a moment after it is asked; the engine answers hello, and `exit` ends it. */
function fakeShell() {
  const events = new EventEmitter<{ message: [{ data: ShellToHost; ports: EnginePort[] }] }>()
  const asked: HostToShell[] = []
  const say = (data: ShellToHost, ports: EnginePort[] = []) => events.emit('message', { data, ports })
  const start = (engine: number) => {
    const replies = new EventEmitter<{ message: [{ data: EngineReply }] }>()
    const answer = (request: EngineRequest) => {
      const result = {
        provider: `engine ${engine}`,
        providerReason: message('providerSet', { provider: 'cpu' }),
        onnxruntime: '',
        threads: 1,
        memoryMB: null,
      }
      if (request.kind === 'call') replies.emit('message', { data: { kind: 'result', id: request.id, result } })
    }
    const port: EnginePort = {
      postMessage: (request) => void setImmediate(() => answer(request)),
      on: (_event, receive) => replies.on('message', receive),
      start: () => void setImmediate(() => replies.emit('message', { data: { kind: 'ready', build } })),
    }
    say({ kind: 'engine', engine, pid: 40 + engine }, [port])
  }
  const shell: ShellPort = {
    on: (_event, receive) => events.on('message', receive),
    postMessage: (message) => {
      asked.push(message)
      if (message.kind === 'start-engine') setImmediate(() => start(message.engine))
    },
  }
  return { shell, asked, say }
}

test('a call made before the engine has started is answered once it has', async () => {
  const { shell } = fakeShell()
  const engine = connectEngine(shellEngine(shell))
  expect(await engine.call('hello', {})).toMatchObject({ provider: 'engine 1' })
  expect(engine.pid).toBe(41)
})

test('a call fails with a sentence when its engine ends, and the next call gets a new engine', async () => {
  const { shell, say } = fakeShell()
  const engine = connectEngine(shellEngine(shell))
  const lost = engine.call('hello', {})
  say({ kind: 'engine-exit', engine: 1, why: message('engineStoppedWithCode', { code: 9 }) })
  await expect(lost).rejects.toThrow('it stopped with code 9')
  expect(await engine.call('hello', {})).toMatchObject({ provider: 'engine 2' })
})

test('closing tells the shell to end the engine', async () => {
  const { shell, asked } = fakeShell()
  const engine = connectEngine(shellEngine(shell))
  await engine.call('hello', {})
  await engine.close()
  expect(asked.at(-1)).toEqual({ kind: 'kill-engine', engine: 1 })
})
