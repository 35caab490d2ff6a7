import { FailureError } from './contract/index.ts'
import type { Host } from './host/index.ts'
import { connectEngine } from './launch/engineClient.ts'
import { applySettings } from './launch/settings.ts'
import { shellEngine } from './launch/shellEngine.ts'
import type { ShellPort } from './launch/shellMessages.ts'
import { startKaryon } from './serve.ts'
import { startOpenSlideThrough } from './slides/index.ts'

/** Runs the host as a utility process of the Electron shell. It is the same host that `karyon serve` runs in Node. */
const shell = (process as { parentPort?: ShellPort }).parentPort
if (!shell) throw new Error('hostProcess runs only as a utility process of Electron.')
const complaint = applySettings()
startOpenSlideThrough((args) => shell.postMessage({ kind: 'start-openslide', args }))
let host: Host | undefined

async function open(port: ShellPort, slide: string | undefined): Promise<void> {
  try {
    const startEngine = shellEngine(port)
    const say = (line: string) => console.log(line)
    const started = await startKaryon({ slide }, () => connectEngine(startEngine), say)
    host = started.host
    if (complaint) host.workbench.notice('warning', complaint)
    port.postMessage({ kind: 'serving', link: host.link(), origin: `http://127.0.0.1:${host.port}` })
    await started.ready
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    if (host) host.workbench.notice('error', error.failure.message)
    else port.postMessage({ kind: 'failed', message: error.failure.message })
  }
}

shell.on('message', ({ data }) => {
  if (data.kind === 'open') void open(shell, data.slide)
  if (data.kind === 'close')
    void (host?.close() ?? Promise.resolve()).finally(() => shell.postMessage({ kind: 'closed' }))
})
