import { createHandler } from './http/handler.ts'
import { Guard } from './http/guard.ts'
import { listen } from './http/listen.ts'
import { Projects, type ProjectsOptions } from './project/projects.ts'
import type { Workbench } from './project/workbench.ts'

export interface HostOptions extends ProjectsOptions {
  /** 0 or absent: any free port. */
  readonly port?: number
  /** Folder of the built page. */
  readonly page: string
}

/** A running host: one open project at a time, served on 127.0.0.1. */
export interface Host {
  /** The project that is open now. */
  readonly workbench: Workbench
  readonly projects: Projects
  readonly port: number
  /** Returns a new link for a browser on this machine. It opens once. */
  link(): string
  /** Stops serving, cancels jobs, closes the project. */
  close(): Promise<void>
}

/** Opens the project and serves it. Throws the failures of Workbench.open and listen. */
export async function startHost({ port = 0, page, ...options }: HostOptions): Promise<Host> {
  const projects = await Projects.start(options)
  try {
    let guard = new Guard(port)
    const listening = await listen(port, (actual) => {
      guard = new Guard(actual)
      return createHandler({ projects, guard, page })
    })
    return {
      projects,
      get workbench() {
        return projects.workbench
      },
      port: listening.port,
      link: () => guard.link(),
      async close() {
        await listening.close()
        await projects.close()
      },
    }
  } catch (error) {
    await projects.close()
    throw error
  }
}
