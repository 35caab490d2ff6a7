import type { SelfTestNews, SelfTestOutcome, SelfTestRequest } from '../contract/engine/selfTest.ts'

/** A process with providerSelfTest.ts: the part of Electron's UtilityProcess that is used. */
export interface TestedProcess {
  on(event: 'message', receive: (outcome: SelfTestOutcome) => void): unknown
  once(event: 'exit', receive: (code: number | null) => void): unknown
  kill(): unknown
}

/**
 * Starts and ends self-tests for one engine, and tells it how they went. Returns what takes the engine's requests.
 * @param start starts the process that tests a provider
 */
export function selfTestsFor(
  tell: (news: SelfTestNews) => void,
  start: (provider: string) => TestedProcess,
): (request: SelfTestRequest) => void {
  const running = new Map<string, TestedProcess>()
  return ({ kind, provider }) => {
    if (kind === 'end-self-test') return void running.get(provider)?.kill()
    const child = start(provider)
    running.set(provider, child)
    child.on('message', (outcome) => tell({ kind: 'self-test', provider, outcome }))
    child.once('exit', (code) => {
      running.delete(provider)
      tell({ kind: 'self-test-exit', provider, code })
    })
  }
}
