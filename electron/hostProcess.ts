import { FailureError, message } from './contract/index.ts'
import type { Host } from './host/index.ts'
import { connectEngine, forkEngine } from './launch/engineClient.ts'
import { keepLog, Log } from './launch/logs.ts'
import { applySettings } from './launch/settings.ts'
import { shellEngine } from './launch/shellEngine.ts'
import type { ShellPort, ShellToHost } from './launch/shellMessages.ts'
import { openedBy, startKaryon } from './serve.ts'
import { startOpenSlideThrough } from './slides/index.ts'

/**
 * Runs the host for the Electron shell: as its utility process, or as a child of plain Node that starts engines itself
 * (shell/hostProcess.ts). It is the same host that `karyon serve` runs.
 */
const utility = (process as { parentPort?: ShellPort }).parentPort
const shell = utility ?? nodeParent()
const complaint = applySettings()
keepLog('host')
// The shell keeps the log of the engines that it starts.
const startEngine = utility ? shellEngine(utility) : forkEngine(new Log('engine'))
if (utility) startOpenSlideThrough((args) => utility.postMessage({ kind: 'start-openslide', args }))
let host: Host | undefined

function nodeParent(): ShellPort {
  if (!process.send) throw new Error('hostProcess is started by the Electron shell.')
  process.once('disconnect', () => process.exit(0)) // the shell is gone, and with it the window
  return {
    postMessage: (message) => void process.send?.(message),
    on: (_event, receive) => process.on('message', (data) => receive({ data: data as ShellToHost, ports: [] })),
  }
}

async function open(file: string | undefined, drawsInSoftware: boolean): Promise<void> {
  try {
    const say = (line: string) => console.log(line)
    const started = await startKaryon(openedBy(file), () => connectEngine(startEngine), say)
    host = started.host
    if (complaint) host.workbench.notice('warning', complaint)
    if (drawsInSoftware) host.workbench.notice('info', message('drawsInSoftware'))
    shell.postMessage({ kind: 'serving', link: host.link(), origin: `http://127.0.0.1:${host.port}` })
    await started.ready
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    if (host) host.workbench.notice('error', error.failure.message)
    else shell.postMessage({ kind: 'failed', message: error.failure.message })
  }
}

shell.on('message', ({ data }) => {
  if (data.kind === 'open') void open(data.file, data.drawsInSoftware)
  if (data.kind === 'close')
    void (host?.close() ?? Promise.resolve()).finally(() => shell.postMessage({ kind: 'closed' }))
})
