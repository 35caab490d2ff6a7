import type { EngineRequest } from '../contract/index.ts'
import type { StartEngineProcess } from './engineClient.ts'
import type { EnginePort, ShellPort } from './shellMessages.ts'

/** Has Electron's shell start engines, for a host that cannot start processes itself. */
export function shellEngine(shell: ShellPort): StartEngineProcess {
  let next = 1
  return (onReply, onExit) => {
    const engine = next++
    const waiting: EngineRequest[] = []
    let port: EnginePort | undefined
    let pid: number | undefined
    shell.on('message', ({ data, ports }) => {
      if (data.kind === 'engine-exit' && data.engine === engine) onExit(data.why)
      if (data.kind !== 'engine' || data.engine !== engine) return
      pid = data.pid
      port = ports[0]
      port.on('message', (event) => onReply(event.data))
      port.start()
      for (const request of waiting.splice(0)) port.postMessage(request)
    })
    shell.postMessage({ kind: 'start-engine', engine })
    return {
      get pid() {
        return pid
      },
      send: (request) => void (port ? port.postMessage(request) : waiting.push(request)),
      kill: () => shell.postMessage({ kind: 'kill-engine', engine }),
    }
  }
}
