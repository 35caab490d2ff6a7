import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import {
  FailureError,
  message,
  systemFailure,
  type OpenSlideUse,
  type Settings,
  type SettingsChange,
  type SettingsView,
} from '../../contract/index.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { logFolder } from '../../launch/appFolder.ts'
import { readSettings, settingsFile } from '../../launch/settings.ts'
import { startOpenSlide } from '../../slides/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { makeFolder, tokenFolder } from '../state/paths.ts'

/** The settings of this workstation, and what they come to in the open project. */
export class Workstation {
  readonly #folder: string
  #writing: Promise<unknown> = Promise.resolve()

  constructor(appFolder: string) {
    this.#folder = appFolder
  }

  /** Returns the settings and what is in use. Throws FailureError 'invalid-input' if the file cannot be used. */
  async view({ project, hello }: ProjectContext): Promise<SettingsView> {
    const logs = logFolder(this.#folder)
    const folder = tokenFolder(project.path)
    return {
      settings: this.#read(),
      path: settingsFile(this.#folder),
      engine: hello ? { threads: hello.threads, memoryMB: hello.memoryMB } : null,
      processors: availableParallelism(),
      machineMB: totalmem() / 1e6,
      cache: { folder, bytes: await bytesIn(folder) },
      logs: existsSync(logs) ? logs : null,
    }
  }

  /**
   * Keeps changed settings, one change after another. Throws FailureError 'invalid-input' if the file cannot be used,
   * which is left as it is, and the failures of writing.
   */
  change(change: SettingsChange): Promise<void> {
    const work = async () => {
      const entries = Object.entries({ ...this.#read(), ...change }).filter(([, value]) => value !== null)
      const path = settingsFile(this.#folder)
      try {
        makeFolder(dirname(path))
        await writeAtomically(path, [`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`])
      } catch (error) {
        const failure = systemFailure(error, { do: 'keepSettings', path })
        throw failure ? FailureError.of(failure) : error
      }
    }
    const done = this.#writing.then(work)
    this.#writing = done.catch(() => undefined)
    return done
  }

  /** Looks for the OpenSlide library. Takes as long as a process takes to start. */
  async openSlide(): Promise<OpenSlideUse> {
    const place = process.env.KARYON_OPENSLIDE ?? ''
    const started = await startOpenSlide(place)
    if ('missing' in started) return { version: null, why: started.missing, place }
    await started.end()
    return { version: started.version, why: null, place }
  }

  #read(): Settings {
    const read = readSettings(this.#folder)
    if ('unusable' in read) throw new FailureError('invalid-input', read.unusable)
    return read.settings
  }
}

/**
 * Removes the open project's token cache and returns how many bytes that freed. Throws FailureError 'working' while
 * jobs use it.
 */
export async function emptyCache({ project, jobs, learning }: ProjectContext): Promise<number> {
  const titles = jobs.list().flatMap(({ state, title }) => (state === 'running' || state === 'waiting' ? [title] : []))
  if (titles.length > 0 || learning.isRunning) throw new FailureError('working', message('cacheInUse', { titles }))
  const folder = tokenFolder(project.path)
  const bytes = await bytesIn(folder)
  try {
    await rm(folder, { recursive: true, force: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'emptyCache', path: folder })
    throw failure ? FailureError.of(failure) : error
  }
  return bytes
}

/** Returns the size of the files in a folder, bytes; 0 if there is no folder. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0, // gone meanwhile
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
