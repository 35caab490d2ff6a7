import { expect, test, vi } from 'vitest'
import { message, type EngineReply, type EngineRequest } from '../../electron/contract/index.ts'
import { build } from '../../electron/threads/index.ts'
import { connectEngine, type StartEngineProcess } from '../../electron/launch/engineClient.ts'

/** An engine that ends at every call while `isSick`, and else answers. */
function sickEngine() {
  const health = { isSick: true, starts: [] as number[] }
  const start: StartEngineProcess = (onReply, onExit) => {
    health.starts.push(performance.now())
    queueMicrotask(() => onReply({ kind: 'ready', build }))
    return {
      pid: 1,
      kill: () => undefined,
      send: (request: EngineRequest) => {
        if (request.kind !== 'call') return
        const reply = { kind: 'result', id: request.id, result: 'well' } as unknown as EngineReply
        queueMicrotask(() => (health.isSick ? onExit(message('engineStoppedWithCode', { code: 9 })) : onReply(reply)))
      },
    }
  }
  return { health, start }
}

test('an engine that keeps ending is started again after 1, 2, 4 and 8 s, then not for a minute, and then again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  try {
    const { health, start } = sickEngine()
    const engine = connectEngine(start)
    const fails = async () => {
      const error = engine.call('hello', {}).catch((reason: Error) => reason)
      await vi.advanceTimersByTimeAsync(20_000)
      return String(await error)
    }
    for (let k = 0; k < 5; k++) {
      const asked = engine.call('hello', {}).catch((reason: Error) => reason)
      await vi.advanceTimersToNextTimerAsync()
      expect(String(await asked)).toContain('code 9')
    }
    const gaps = health.starts.slice(1).map((at, k) => Math.round(at - health.starts[k]))
    expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(await fails()).toMatch(/ended 5 times in a row, so it is not started again for 60 s/)
    expect(health.starts.length).toBe(5)
    await vi.advanceTimersByTimeAsync(60_000)
    health.isSick = false
    expect(await engine.call('hello', {})).toBe('well')
    health.isSick = true
    expect(await fails()).toContain('code 9')
    health.isSick = false
    const later = engine.call('hello', {})
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await later, 'an answer begins the count again').toBe('well')
  } finally {
    vi.useRealTimers()
    vi.restoreAllMocks()
  }
})

test('a call that waits for the engine’s next start can be cancelled, and ends when the engine is closed', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { health, start } = sickEngine()
  const engine = connectEngine(start)
  await expect(engine.call('hello', {})).rejects.toThrow('code 9')
  const gone = new AbortController()
  const cancelled = engine.call('hello', {}, { signal: gone.signal })
  const closed = engine.call('hello', {})
  gone.abort()
  await expect(cancelled).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  await engine.close()
  await expect(closed).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  expect(health.starts.length).toBe(1)
  vi.restoreAllMocks()
})

test('once Karyon has given up restarting the engine, it says so until the engine answers, and a start can be asked for at once', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { health, start } = sickEngine()
  const engine = connectEngine(start, { first: 0, most: 3, pause: 60_000 })
  const { restarts } = engine
  const told: unknown[] = []
  restarts?.watch(() => told.push(restarts.givenUp?.times ?? null))
  const fails = () => expect(engine.call('hello', {})).rejects.toThrow('code 9')
  await fails()
  await fails()
  expect(restarts?.givenUp).toBeNull()
  await fails()
  const why = message('engineStoppedWithCode', { code: 9 })
  expect(restarts?.givenUp).toEqual({ times: 3, why })
  await expect(engine.call('hello', {})).rejects.toThrow('not started again')

  restarts?.allowNow()
  await fails()
  expect(restarts?.givenUp, 'one more try does not begin the count again').toEqual({ times: 4, why })
  await expect(engine.call('hello', {})).rejects.toThrow('not started again')

  health.isSick = false
  restarts?.allowNow()
  expect(await engine.call('hello', {})).toBe('well')
  expect(restarts?.givenUp).toBeNull()
  expect(told).toEqual([3, 4, null])
  vi.restoreAllMocks()
})
