import { mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { FailureError, systemFailure } from './contract/index.ts'
import { workThroughDemo, type Say } from './firstStart.ts'
import { startHost, type Host } from './host/index.ts'
import { appFolder } from './launch/appFolder.ts'
import { connectEngine, type Engine } from './launch/engineClient.ts'
import { installation } from './launch/installation.ts'

export interface ServeOptions {
  readonly port?: number
  /** Project file; by default one in the app folder, named after the slide. */
  readonly project?: string
  /** Slide to open at once. Without slide and project the demo slide is worked through. */
  readonly slide?: string
  /** µm/px of `slide`, where its file does not say. */
  readonly mpp?: number
}

/** Starts the host with engines of its own and what the user asked for. Fails with a sentence. */
export async function startKaryon(
  options: ServeOptions,
  startEngine: () => Engine,
  say: Say,
): Promise<{ host: Host; ready: Promise<void> }> {
  const folder = resolve(appFolder())
  const isDemo = options.project === undefined && options.slide === undefined
  const project =
    options.project ?? join(folder, isDemo ? 'demo' : 'projects', `${nameOf(options.slide ?? 'demo')}.karyon`)
  if (options.project === undefined) makeFolderOf(project)
  const host = await startHost({ ...installation(), project, startEngine, appFolder: folder, port: options.port })
  try {
    const slideId = options.slide === undefined ? undefined : await host.workbench.openSlide(options.slide, options.mpp)
    if (slideId !== undefined) say(`Opened ${options.slide}.`)
    const { workbench } = host // the user may open another meanwhile; this is then told to be closed
    const work = async () => {
      const hello = await workbench.greetEngine()
      if (hello) say(`Engine: ${hello.provider}. ${hello.providerReason}`)
      if (isDemo) await workThroughDemo(workbench, join(folder, 'demo'), say)
    }
    return { host, ready: work() }
  } catch (error) {
    await host.close()
    throw error
  }
}

/** Serves Karyon for a browser on this machine until the process is told to end. Fails with a sentence. */
export async function serve(options: ServeOptions): Promise<void> {
  const say: Say = (line) => void process.stdout.write(`${line}\n`)
  const { host, ready } = await startKaryon(options, () => connectEngine(), say)
  say(`Karyon ${host.workbench.state().version}. For research use only.`)
  say(`Open this link (once): ${host.link()}`)
  let closing: Promise<void> | undefined
  const close = () => (closing ??= host.close().finally(() => process.exit()))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void close())
  if (process.stdin.isTTY) createInterface(process.stdin).on('line', () => say(`New link (once): ${host.link()}`))
  try {
    await ready
  } catch (error) {
    // The app is up and can be used; only what was to happen by itself did not.
    if (!(error instanceof FailureError)) throw error
    say(error.failure.message)
  }
  if (!closing) say(`Ready at http://127.0.0.1:${host.port}. Enter prints a new link, Ctrl+C ends.`)
}

const nameOf = (slide: string) => basename(slide).replace(/\.[^.]+$/, '') || 'slide'

function makeFolderOf(project: string): void {
  const folder = resolve(project, '..')
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const failure = systemFailure(error, `make the folder ${folder} (set KARYON_HOME to another)`)
    throw failure ? FailureError.of(failure) : error
  }
}
