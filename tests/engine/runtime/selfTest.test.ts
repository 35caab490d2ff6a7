import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { message, type SelfTestNews } from '../../../electron/contract/index.ts'
import { testProvider } from '../../../electron/engine/runtime/providers.ts'
import { selfTestsOfShell, startSelfTestsThrough } from '../../../electron/engine/runtime/selfTestProcess.ts'
import { selfTestsFor, type TestedProcess } from '../../../electron/shell/selfTests.ts'

/** The self-test as the shell starts it, in a process of Node in place of Electron's. */
const ofNode = (provider: string): TestedProcess => {
  const program = fileURLToPath(new URL('../../../electron/engine/runtime/providerSelfTest.ts', import.meta.url))
  return fork(program, [provider], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}
/** A process that does nothing, and says when it is killed. */
function silent() {
  const events = new EventEmitter()
  const kill = vi.fn(() => events.emit('exit', 15))
  return { process: Object.assign(events, { kill }) as unknown as TestedProcess, events, kill }
}

/** Connects this process's self-tests to a shell that starts them with `start`. */
function connect(start: (provider: string) => TestedProcess): void {
  const events = new EventEmitter<{ message: [{ data: SelfTestNews }] }>()
  const request = selfTestsFor((data) => events.emit('message', { data }), start)
  startSelfTestsThrough(
    selfTestsOfShell({ postMessage: request, on: (_event, receive) => events.on('message', receive) }),
  )
}

// A machine without graphics is not tested at all.
beforeEach(() => void vi.stubEnv('VK_DRIVER_FILES', '/none'))
afterEach(() => void vi.unstubAllEnvs())

test('an engine that cannot start processes gets the report of a self-test that the shell has started', async () => {
  connect(ofNode)
  expect(await testProvider('cpu')).toEqual({ difference: 0, speed: expect.any(Number) as number })
})

test('a self-test that the shell has started says why a provider cannot be used', async () => {
  connect(ofNode)
  expect(await testProvider('nothing')).toMatchObject({
    key: 'providerError',
    params: { text: expect.stringContaining('nothing') as string },
  })
})

test('a driver that ends the self-test of the shell is reported with its exit code', async () => {
  const { process, events } = silent()
  connect(() => process)
  const outcome = testProvider('webgpu')
  events.emit('exit', 139)
  expect(await outcome).toEqual(message('selfTestEnded', { signal: null, code: 139 }))
})

test('a self-test of the shell that takes too long is ended there', async () => {
  const { process, kill } = silent()
  connect(() => process)
  expect(await testProvider('webgpu', 0.01)).toEqual(message('selfTestLate', { seconds: 0.01 }))
  expect(kill).toHaveBeenCalledOnce()
})
