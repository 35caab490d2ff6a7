import { fork } from 'node:child_process'
import { app, MessageChannelMain, utilityProcess } from 'electron'
import { engineProcess } from '../contract/engine/calls.ts'
import { inEnglish, message } from '../contract/messages/message.ts'
import type { EngineToShell, HostToShell, ShellToHost, StartOpenSlide } from '../launch/shellMessages.ts'
import { keepProcess, Log } from '../launch/logs.ts'
import { sibling } from '../threads/sibling.ts'
import { selfTestsFor } from './selfTests.ts'

/** The running host, as the shell sees it. */
export interface HostConnection {
  send(message: ShellToHost): void
}
/** What the shell is told, beside the starting and ending of processes. */
export type HostNews = Exclude<HostToShell, { readonly kind: 'start-engine' | 'kill-engine' | 'start-openslide' }>

/**
 * Starts the host. Normally it is a utility process of Electron, and its engines are others. In a checkout, the
 * environment variable KARYON_NODE names a Node program that runs the host, and the host then starts its engines itself:
 * Node's own debugger and profiler work there, and an Electron without `node:sqlite` can be tested.
 */
export function startHostProcess(receive: (news: HostNews) => void, onExit: (code: number) => void): HostConnection {
  const node = app.isPackaged ? undefined : process.env.KARYON_NODE
  return node ? startUnderNode(node, receive, onExit) : startInElectron(receive, onExit)
}

function startUnderNode(node: string, receive: (news: HostNews) => void, onExit: (code: number) => void) {
  const host = fork(sibling(import.meta.url, '../hostProcess'), [], { execPath: node, execArgv: [] })
  host.on('message', (received) => receive(received as HostNews))
  host.once('exit', (code) => onExit(code ?? -1))
  return { send: (sent: ShellToHost) => void (host.connected && host.send(sent)) }
}

function startInElectron(receive: (news: HostNews) => void, onExit: (code: number) => void): HostConnection {
  const host = utilityProcess.fork(sibling(import.meta.url, '../hostProcess'), [], { serviceName: 'Karyon host' })
  const engineLog = new Log('engine')
  const engines = new Map<number, () => void>()
  const send = (sent: ShellToHost) => host.postMessage(sent)

  /** Only the shell can start utility processes. The engine's messages do not go through it. */
  function startEngine(number: number): void {
    const engine = utilityProcess.fork(sibling(import.meta.url, '../engine/main'), [], {
      serviceName: 'Karyon engine',
      execArgv: engineProcess.execArgv,
      env: { ...process.env, ...engineProcess.env },
      stdio: 'pipe',
    })
    const kept = keepProcess(engineLog, engine)
    const kill = () => {
      kept.isToEnd()
      engine.kill()
    }
    engines.set(number, kill)
    const selfTest = selfTestsFor(
      (news) => engine.postMessage(news),
      (provider) => utilityProcess.fork(sibling(import.meta.url, '../engine/runtime/providerSelfTest'), [provider]),
    )
    engine.on('message', (asked: EngineToShell) =>
      asked.kind === 'start-openslide' ? startOpenSlide(asked) : selfTest(asked),
    )
    const { port1, port2 } = new MessageChannelMain()
    engine.postMessage({ kind: 'port' }, [port1])
    engine.once('spawn', () => {
      const started: ShellToHost = { kind: 'engine', engine: number, pid: engine.pid }
      host.postMessage(started, [port2])
    })
    engine.once('exit', (code) => {
      engines.delete(number)
      const why = message('engineStoppedWithCode', { code })
      kept.ended(inEnglish(why))
      send({ kind: 'engine-exit', engine: number, why })
    })
  }

  /** Starts a process for the OpenSlide library. It connects to the socket of who asked for it. */
  function startOpenSlide({ args }: StartOpenSlide): void {
    const module = sibling(import.meta.url, '../slides/openslide/child')
    utilityProcess.fork(module, [...args], { serviceName: 'Karyon OpenSlide' })
  }

  host.on('message', (received: HostToShell) => {
    if (received.kind === 'start-engine') startEngine(received.engine)
    else if (received.kind === 'start-openslide') startOpenSlide(received)
    else if (received.kind === 'kill-engine') engines.get(received.engine)?.()
    else receive(received)
  })
  host.once('exit', onExit)
  return { send }
}
