import { mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { FailureError, inEnglish, isProjectFile, systemFailure } from './contract/index.ts'
import { workThroughDemo, type Say } from './firstStart.ts'
import { RecentProjects, startHost, type Host } from './host/index.ts'
import { appFolder } from './launch/appFolder.ts'
import { connectEngine, forkEngine, type Engine } from './launch/engineClient.ts'
import { installation } from './launch/installation.ts'
import { keepLog, Log } from './launch/logs.ts'

export interface ServeOptions {
  readonly port?: number
  /** Project file. Default: one in the app folder named after the slide, or without a slide the last opened project. */
  readonly project?: string
  /** Slide to open at once. */
  readonly slide?: string
  /** µm/px of `slide`, if its file does not give it. */
  readonly mpp?: number
  /** Works through the demo slide as on the first start, even if the user has other projects. */
  readonly demo?: boolean
}

/** Returns what a file given to the app means: the project, or a slide to open. */
export const openedBy = (file: string | undefined): Pick<ServeOptions, 'project' | 'slide'> =>
  file !== undefined && isProjectFile(file) ? { project: file } : { slide: file }

/** Starts the host with its own engines and opens what the user asked for. Throws FailureError. */
export async function startKaryon(
  options: ServeOptions,
  startEngine: () => Engine,
  say: Say,
): Promise<{ host: Host; ready: Promise<void> }> {
  const folder = resolve(appFolder())
  const demo = join(folder, 'demo', 'demo.karyon')
  const own = options.slide === undefined ? undefined : join(folder, 'projects', `${nameOf(options.slide)}.karyon`)
  const last = options.project || own || options.demo ? undefined : await lastProject(folder, say)
  const start = (project: string) => {
    if (project === demo || project === own) makeFolderOf(project)
    return startHost({ ...installation(), project, startEngine, appFolder: folder, port: options.port })
  }
  const host =
    last === undefined
      ? await start(options.project ?? own ?? demo)
      : await start(last).catch((error: unknown) => {
          // Start anyway: the user can choose another project in the app.
          if (!(error instanceof FailureError) || last === demo) throw error
          say(`${error.message} The demo is opened instead.`)
          return start(demo)
        })
  const isDemo = options.project === undefined && host.workbench.path === demo
  if (last !== undefined && !isDemo) say(`Opened the last project, ${last}. For the demo: karyon serve --demo.`)
  try {
    const slideId = options.slide === undefined ? undefined : await host.workbench.openSlide(options.slide, options.mpp)
    if (slideId !== undefined) say(`Opened ${options.slide}.`)
    const { workbench } = host // this project, even if the user opens another meanwhile
    const work = async () => {
      const hello = await workbench.greetEngine()
      if (hello) say(`Engine: ${hello.provider}. ${inEnglish(hello.providerReason)}`)
      if (isDemo) await workThroughDemo(workbench, join(folder, 'demo'), say)
    }
    return { host, ready: work() }
  } catch (error) {
    await host.close()
    throw error
  }
}

/** Serves Karyon for a browser on this machine until the process is told to end. Throws FailureError. */
export async function serve(options: ServeOptions): Promise<void> {
  keepLog('host')
  const start = forkEngine(new Log('engine'))
  const say: Say = (line) => void process.stdout.write(`${line}\n`)
  const { host, ready } = await startKaryon(options, () => connectEngine(start), say)
  say(`Karyon ${host.workbench.state().version}. For research use only.`)
  say(`Open this link (once): ${host.link()}`)
  let closing: Promise<void> | undefined
  const close = () => (closing ??= host.close().finally(() => process.exit()))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void close())
  if (process.stdin.isTTY) createInterface(process.stdin).on('line', () => say(`New link (once): ${host.link()}`))
  try {
    await ready
  } catch (error) {
    // The app is running and usable. Only the automatic first steps failed.
    if (!(error instanceof FailureError)) throw error
    say(error.message)
  }
  if (!closing) say(`Ready at http://127.0.0.1:${host.port}. Enter prints a new link, Ctrl+C ends.`)
}

/** Returns the most recently opened project whose file is still there. */
async function lastProject(folder: string, say: Say): Promise<string | undefined> {
  const projects = await new RecentProjects(folder, (complaint) => say(inEnglish(complaint))).list()
  return projects.find(({ there }) => there)?.path
}

const nameOf = (slide: string) => basename(slide).replace(/\.[^.]+$/, '') || 'slide'

function makeFolderOf(project: string): void {
  const folder = resolve(project, '..')
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'makeHome', path: folder })
    throw failure ? FailureError.of(failure) : error
  }
}
