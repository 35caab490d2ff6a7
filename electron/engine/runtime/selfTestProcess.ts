import { fork } from 'node:child_process'
import {
  message,
  type Message,
  type SelfTestNews,
  type SelfTestOutcome,
  type SelfTestRequest,
} from '../../contract/index.ts'
import { sibling } from '../../threads/index.ts'

/** A running providerSelfTest.ts. */
export interface SelfTestProcess {
  kill(): void
}
/**
 * Starts the self-test of a provider. `told` gets its outcome, `ended` how its process ended; one of the two comes, or
 * both.
 */
export type StartSelfTest = (
  provider: string,
  told: (outcome: SelfTestOutcome) => void,
  ended: (how: Message) => void,
) => SelfTestProcess

const startWithNode: StartSelfTest = (provider, told, ended) => {
  const child = fork(sibling(import.meta.url, './providerSelfTest'), [provider], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.once('message', (outcome) => told(outcome as SelfTestOutcome))
  child.once('error', (error) => ended(message('providerError', { text: error.message })))
  child.once('exit', (code, signal) => ended(message('selfTestEnded', { signal, code })))
  return { kill: () => void child.kill('SIGKILL') }
}

/** The part of Electron's ParentPort that is used. */
export interface SelfTestShell {
  postMessage(message: SelfTestRequest): void
  on(event: 'message', receive: (event: { readonly data: SelfTestNews | { readonly kind: 'port' } }) => void): unknown
}

/** Has self-tests started by Electron's shell: a utility process cannot start others, and a packed Karyon is no Node. */
export function selfTestsOfShell(shell: SelfTestShell): StartSelfTest {
  const running = new Map<string, { told: (outcome: SelfTestOutcome) => void; ended: (how: Message) => void }>()
  shell.on('message', ({ data }) => {
    if (data.kind === 'self-test') running.get(data.provider)?.told(data.outcome)
    if (data.kind !== 'self-test-exit') return
    running.get(data.provider)?.ended(message('selfTestEnded', { signal: null, code: data.code }))
    running.delete(data.provider)
  })
  return (provider, told, ended) => {
    running.set(provider, { told, ended })
    shell.postMessage({ kind: 'start-self-test', provider })
    return { kill: () => shell.postMessage({ kind: 'end-self-test', provider }) }
  }
}

let start: StartSelfTest = startWithNode

/** Replaces how self-tests of this process are started. */
export function startSelfTestsThrough(other: StartSelfTest): void {
  start = other
}
export const startSelfTest: StartSelfTest = (provider, told, ended) => start(provider, told, ended)
