import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FailureError, message } from '../../electron/contract/index.ts'
import { moved, sibling, startThread } from '../../electron/threads/index.ts'
import type { ExampleThread } from '../support/exampleThread.ts'

type Options = Parameters<typeof startThread>[2]

function start(options?: Options, refuses = false) {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const thread = startThread<ExampleThread>(
    sibling(import.meta.url, '../support/exampleThread'),
    { shared, refuses },
    options,
  )
  onTestFinished(() => thread.end())
  return { thread, shared }
}

describe('a call to a thread', () => {
  it('is answered under its own name, though a later call is answered first', async () => {
    const { thread } = start()
    const slow = thread.call('later', 100)
    const quick = thread.call('sum', 2, 3)
    expect(thread.load).toBe(2)
    expect(await Promise.race([slow, quick])).toBe(5)
    expect(await slow).toBe(100)
    expect(thread.load).toBe(0)
  })

  it('fails with the FailureError that was thrown, and with a bug as the Error it was', async () => {
    const { thread } = start()
    const failure = await thread.call('fail').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FailureError)
    expect(failure).toMatchObject({ failure: { kind: 'empty', message: message('noLabels') } })
    const bug = await thread.call('bug').catch((error: unknown) => error)
    expect(bug).toBeInstanceOf(RangeError)
    expect(bug).not.toBeInstanceOf(FailureError)
    expect((bug as Error).stack).toContain('exampleThread')
    expect(await thread.call('sum', 1, 1)).toBe(2)
  })

  it('fails as the start of the thread does', async () => {
    const { thread } = start({}, true)
    await expect(thread.call('sum', 1, 1)).rejects.toMatchObject({ failure: { kind: 'not-found' } })
  })

  it('moves memory there and back, and shares shared memory', async () => {
    const { thread, shared } = start()
    const values = Float32Array.of(1, 2, 3)
    const doubled = await thread.call('double', moved(values, [values.buffer]))
    expect([...doubled]).toEqual([2, 4, 6])
    expect(values.length).toBe(0)
    expect(await thread.call('count')).toBe(1)
    expect(shared[0]).toBe(1)
  })
})

describe('a thread', () => {
  it('that is ended or cancelled in the middle of its work fails its calls with "cancelled"', async () => {
    const controller = new AbortController()
    for (const stop of [({ thread }: ReturnType<typeof start>) => thread.end(), () => controller.abort()]) {
      const started = start({ signal: controller.signal })
      const spinning = started.thread.call('spin')
      while (started.shared[1] === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await stop(started)
      await expect(spinning).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
      await expect(started.thread.call('sum', 1, 1)).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    }
    await expect(start({ signal: controller.signal }).thread.call('sum', 1, 1)).rejects.toMatchObject({
      failure: { kind: 'cancelled' },
    })
  })

  it('that stops by itself fails its calls, and says so once', async () => {
    const lost: Error[] = []
    const { thread } = start({ onLost: (error) => lost.push(error) })
    await expect(thread.call('stop')).rejects.toThrow('stopped with code 3')
    await expect(thread.call('sum', 1, 1)).rejects.toThrow('stopped with code 3')
    expect(lost.map(({ message }) => message)).toEqual(['A worker thread stopped with code 3.'])
  })

  it('that has nothing to do does not keep the process alive, one with a call does', () => {
    const script = fileURLToPath(new URL('../support/startsThread.ts', import.meta.url))
    const { stdout, status } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 60_000 })
    expect({ stdout, status }).toEqual({ stdout: 'answered 300\n', status: 0 })
  })
})
