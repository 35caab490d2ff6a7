import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FailureError, message, type RecentProject } from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { isSameFile } from '../../store/index.ts'
import { RecentProjects } from './recentProjects.ts'
import type { ProjectContext } from '../state/context.ts'
import { openContext, type ProjectOptions } from './openContext.ts'
import { Workbench } from './workbench.ts'

export interface ProjectsOptions extends Omit<ProjectOptions, 'engine' | 'opening'> {
  /** Each project has an engine of its own: closing one cannot end another's work. */
  readonly startEngine: () => Engine
  /** Where the list of recent projects is kept. */
  readonly appFolder: string
}

/** One open project, as it is served: what can be done with it, and what the routes work with. */
export interface OpenProject {
  readonly workbench: Workbench
  readonly context: ProjectContext
}

async function openAt(options: ProjectOptions): Promise<OpenProject> {
  const context = await openContext(options)
  return { context, workbench: new Workbench(context) }
}

/** What no file system takes in a name. */
const notInNames = /[\\/:*?"<>|\p{Cc}]/u

/**
 * The one open project of a host, and the way to another. The other is opened first and takes its place at once; then
 * the old one's streams end, its work is stopped and its file is closed. Where the other cannot be opened, nothing changes.
 */
export class Projects {
  readonly #options: ProjectsOptions
  readonly #recent: RecentProjects
  #open: OpenProject
  #openings = 1
  #switching: Promise<unknown> = Promise.resolve()

  /** Opens or makes the first project. Fails as openContext does. */
  static async start(options: ProjectsOptions): Promise<Projects> {
    const projects = new Projects(options, await openAt({ ...options, engine: options.startEngine() }))
    await projects.#recent.add(projects.workbench.path)
    return projects
  }

  private constructor(options: ProjectsOptions, first: OpenProject) {
    this.#options = options
    this.#open = first
    this.#recent = new RecentProjects(options.appFolder, (sentence) => this.workbench.notice('warning', sentence))
  }

  /** The open project's. */
  get workbench(): Workbench {
    return this.#open.workbench
  }

  /** The same with what the routes work with. */
  get served(): OpenProject {
    return this.#open
  }

  /** Projects opened lately, newest first. */
  recent(): Promise<RecentProject[]> {
    return this.#recent.list()
  }

  /** Takes a project off the recent ones; its file stays. */
  forget(path: string): Promise<void> {
    return this.#recent.remove(resolve(path))
  }

  /**
   * Opens a project in the open one's place; its opening. Fails with 'not-found', as openContext does, and with
   * 'working' where work is under way that `stopWork` does not allow to stop.
   */
  open(path: string, stopWork = false): Promise<number> {
    return this.#inTurn(async () => {
      const file = resolve(path)
      if (isSameFile(file, this.workbench.path)) return this.workbench.opening
      if (!existsSync(file)) throw new FailureError('not-found', message('noProject', { path: file }))
      return this.#switch(file, stopWork)
    })
  }

  /** Makes an empty project and opens it as `open` does. Fails where a file of that name is there, or none can be made. */
  create(folder: string, name: string, stopWork = false): Promise<number> {
    return this.#inTurn(() => {
      const plain = name.trim().replace(/\.karyon$/i, '')
      if (plain === '' || notInNames.test(plain) || plain.startsWith('.'))
        throw new FailureError('invalid-input', message('projectName', { name }))
      const file = join(resolve(folder), `${plain}.karyon`)
      if (existsSync(file)) throw new FailureError('invalid-input', message('projectTaken', { path: file }))
      return this.#switch(file, stopWork)
    })
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.workbench.close())
  }

  async #switch(file: string, stopWork: boolean): Promise<number> {
    const old = this.workbench
    this.#mayStop(old, stopWork)
    const { startEngine, ...options } = this.#options
    const opening = this.#openings + 1
    const next = await openAt({ ...options, project: file, engine: startEngine(), opening })
    try {
      this.#mayStop(old, stopWork) // work may have begun meanwhile
    } catch (error) {
      await next.workbench.close()
      throw error
    }
    this.#openings = opening
    this.#open = next
    try {
      await old.close()
    } catch (error) {
      // Its labels were on disk before this. The other project is open, and that is what was asked for.
      console.error(error)
      next.workbench.notice('warning', message('closedBadly', { name: old.name }))
    }
    void next.workbench.greetEngine()
    await this.#recent.add(file)
    return opening
  }

  #mayStop(workbench: Workbench, stopWork: boolean): void {
    const titles = workbench.underWay()
    if (titles.length > 0 && !stopWork) throw new FailureError('working', message('workUnderWay', { titles }))
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#switching.then(work)
    this.#switching = done.catch(() => undefined)
    return done
  }
}
