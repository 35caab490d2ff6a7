import { createHandler } from './handler.ts'
import { Guard } from './guard.ts'
import { listen } from './listen.ts'
import { Workbench, type WorkbenchOptions } from './workbench.ts'

export interface HostOptions extends WorkbenchOptions {
  /** 0 or absent: any free port. */
  readonly port?: number
  /** Folder of the built page. */
  readonly page: string
}

/** A running host: an open project, served on 127.0.0.1. */
export interface Host {
  readonly workbench: Workbench
  readonly port: number
  /** A new link for a browser on this machine; it opens once. */
  link(): string
  /** Stops serving, cancels jobs, closes the project. */
  close(): Promise<void>
}

/** Opens the project and serves it. Fails as Workbench.open and listen do. */
export async function startHost({ port = 0, page, ...options }: HostOptions): Promise<Host> {
  const workbench = await Workbench.open(options)
  try {
    let guard = new Guard(port)
    const listening = await listen(port, (actual) => {
      guard = new Guard(actual)
      return createHandler({ workbench, guard, page })
    })
    return {
      workbench,
      port: listening.port,
      link: () => guard.link(),
      async close() {
        await listening.close()
        await workbench.close()
      },
    }
  } catch (error) {
    await workbench.close()
    throw error
  }
}
