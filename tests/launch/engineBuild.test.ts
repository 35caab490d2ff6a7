import { expect, test } from 'vitest'
import { message, type EngineReply, type EngineRequest } from '../../electron/contract/index.ts'
import { connectEngine, forkEngine, type StartEngineProcess } from '../../electron/launch/engineClient.ts'
import { build } from '../../electron/threads/index.ts'

/** Engines that say a build of `builds` each, or in an older way none, and answer whatever they get with nonsense. */
function enginesOf(...builds: (string | undefined)[]) {
  const got: EngineRequest[] = []
  const killed: number[] = []
  let started = 0
  const start: StartEngineProcess = (onReply, onExit) => {
    const [number, says] = [started, builds[started++]]
    setImmediate(() => onReply({ kind: 'ready', ...(says !== undefined && { build: says }) } as EngineReply))
    return {
      pid: number,
      send: (request) => {
        got.push(request)
        if (request.kind === 'call') onReply({ kind: 'result', id: request.id, result: 'nonsense' as never })
      },
      kill: () => {
        killed.push(number)
        setImmediate(() => onExit(message('engineEndedBySignal', { signal: 'SIGKILL' })))
      },
    }
  }
  return { engine: connectEngine(start), got, killed }
}

test.each([['0.0.9 abc'], [undefined]])(
  'an engine of another build (%s) gets no call, is ended, and every call fails with a sentence',
  async (other) => {
    const { engine, got, killed } = enginesOf(other, build)
    const [hello, head] = [engine.call('hello', {}), engine.call('tryHead', {} as never)]
    for (const call of [hello, head])
      await expect(call).rejects.toMatchObject({
        failure: { kind: 'engine', message: { key: 'engineOfOtherVersion' } },
      })
    expect([got, killed]).toEqual([[], [0]])
    // One that was started from the right files meanwhile is used, and the end of the other one does not touch it.
    expect(await engine.call('hello', {})).toBe('nonsense')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await engine.call('hello', {}), 'no back-off for an engine that was only of another build').toBe('nonsense')
    expect(engine.pid).toBe(1)
  },
)

test('a real engine reports the same build as the host that started it', async () => {
  const said: EngineReply[] = []
  const engine = forkEngine()(
    (reply) => said.push(reply),
    () => undefined,
  )
  try {
    await expect.poll(() => said, { timeout: 60_000 }).toEqual([{ kind: 'ready', build }])
  } finally {
    engine.kill()
  }
})
