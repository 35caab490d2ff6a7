import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FailureError, message, type RecentProject } from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { isSameFile } from '../../store/index.ts'
import { RecentProjects } from './recentProjects.ts'
import type { ProjectContext } from '../state/context.ts'
import { openContext, type ProjectOptions } from './openContext.ts'
import { Workstation } from './workstation.ts'
import { Workbench } from './workbench.ts'

export interface ProjectsOptions extends Omit<ProjectOptions, 'engine' | 'opening'> {
  /** Starts an engine. Each project has its own, so that closing one project cannot end another's work. */
  readonly startEngine: () => Engine
  /** Folder of the list of recent projects and of the workstation's settings. */
  readonly appFolder: string
}

/** One open project: its workbench, and the context that the routes work with. */
export interface OpenProject {
  readonly workbench: Workbench
  readonly context: ProjectContext
}

async function openAt(options: ProjectOptions): Promise<OpenProject> {
  const context = await openContext(options)
  return { context, workbench: new Workbench(context) }
}

/** Characters that some file systems do not allow in a name. */
const notInNames = /[\\/:*?"<>|\p{Cc}]/u

/**
 * Holds the host's one open project and switches to another. The new project is opened first and replaces the old one
 * at once. Then the old project's event streams end, its work is stopped and its file is closed. If the new project
 * cannot be opened, nothing changes.
 */
export class Projects {
  readonly #options: ProjectsOptions
  readonly #recent: RecentProjects
  readonly workstation: Workstation
  #open: OpenProject
  #openings = 1
  #switching: Promise<unknown> = Promise.resolve()

  /** Opens or creates the first project. Throws the same failures as openContext. */
  static async start(options: ProjectsOptions): Promise<Projects> {
    const projects = new Projects(options, await openAt({ ...options, engine: options.startEngine() }))
    await projects.#recent.add(projects.workbench.path)
    return projects
  }

  private constructor(options: ProjectsOptions, first: OpenProject) {
    this.#options = options
    this.#open = first
    this.workstation = new Workstation(options.appFolder)
    this.#recent = new RecentProjects(options.appFolder, (sentence) => this.workbench.notice('warning', sentence))
  }

  /** The workbench of the open project. */
  get workbench(): Workbench {
    return this.#open.workbench
  }

  /** The open project's workbench and context. */
  get served(): OpenProject {
    return this.#open
  }

  /** Returns the recently opened projects, newest first. */
  recent(): Promise<RecentProject[]> {
    return this.#recent.list()
  }

  /** Removes a project from the recent ones. Its file stays. */
  forget(path: string): Promise<void> {
    return this.#recent.remove(resolve(path))
  }

  /**
   * Opens a project in place of the open one and returns the number of its opening. Throws FailureError 'not-found',
   * 'working' if jobs are waiting or running and `stopWork` is false, and the failures of openContext.
   */
  open(path: string, stopWork = false): Promise<number> {
    return this.#inTurn(async () => {
      const file = resolve(path)
      if (isSameFile(file, this.workbench.path)) return this.workbench.opening
      if (!existsSync(file)) throw new FailureError('not-found', message('noProject', { path: file }))
      return this.#switch(file, stopWork)
    })
  }

  /**
   * Creates an empty project and opens it as `open` does. Throws FailureError if the file exists or cannot be created.
   */
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
      this.#mayStop(old, stopWork) // a job may have started meanwhile
    } catch (error) {
      await next.workbench.close()
      throw error
    }
    this.#openings = opening
    this.#open = next
    try {
      await old.close()
    } catch (error) {
      // Its labels were on disk before this, and the new project is open as requested.
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
