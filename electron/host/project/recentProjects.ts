import { existsSync } from 'node:fs'
import { readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import {
  FailureError,
  systemFailure,
  type RecentProject,
  message,
  type Doing,
  type Message,
} from '../../contract/index.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { makeFolder, projectName } from '../state/paths.ts'

/** Number of projects that stay listed. */
const kept = 20
/** Milliseconds after which a drive that does not answer is taken to be away. */
const patience = 1_000

const listSchema = z.object({ projects: z.array(z.object({ path: z.string().min(1), opened: z.iso.datetime() })) })
type Entry = z.infer<typeof listSchema>['projects'][number]

/**
 * The recently opened projects, newest first, kept in `recent.json` in the app folder. Trouble with this list never
 * stops anything else.
 */
export class RecentProjects {
  readonly #file: string
  readonly #complain: (complaint: Message) => void
  #writing: Promise<unknown> = Promise.resolve()

  /** @param complain called if the list cannot be read or saved */
  constructor(appFolder: string, complain: (complaint: Message) => void) {
    this.#file = join(appFolder, 'recent.json')
    this.#complain = complain
  }

  /** Lists the projects, newest first, and whether each file is still there. */
  async list(): Promise<RecentProject[]> {
    const entries = await this.#read()
    return Promise.all(
      entries.map(async ({ path, opened }) => ({
        path,
        opened,
        name: projectName(path),
        folder: dirname(path),
        there: await isThere(path),
      })),
    )
  }

  /** Puts a project first in the list. */
  add(path: string): Promise<void> {
    return this.#change((entries) => [{ path, opened: new Date().toISOString() }, ...without(entries, path)])
  }

  remove(path: string): Promise<void> {
    return this.#change((entries) => without(entries, path))
  }

  async #read(): Promise<Entry[]> {
    let text: string
    try {
      text = await readFile(this.#file, 'utf8')
    } catch (error) {
      if (existsSync(this.#file)) this.#complain(failed(error, { do: 'readFile', path: this.#file }))
      return []
    }
    try {
      return listSchema.parse(JSON.parse(text)).projects
    } catch {
      // Keep the damaged file aside: somebody may repair it by hand, and opening the next project would overwrite it.
      const aside = this.#file.replace(/\.json$/, '.damaged.json')
      await rename(this.#file, aside).catch(() => undefined)
      this.#complain(message('recentDamaged', { aside }))
      return []
    }
  }

  /** Makes one change after another. Each starts from what the previous one wrote. */
  #change(change: (entries: Entry[]) => Entry[]): Promise<void> {
    const work = async () => {
      const projects = change(await this.#read()).slice(0, kept)
      try {
        makeFolder(dirname(this.#file))
        await writeAtomically(this.#file, [`${JSON.stringify({ projects }, null, 2)}\n`])
      } catch (error) {
        this.#complain(failed(error, { do: 'keepRecent', path: this.#file }))
      }
    }
    const done = this.#writing.then(work)
    this.#writing = done
    return done
  }
}

const without = (entries: readonly Entry[], path: string) => entries.filter((entry) => entry.path !== path)

const isThere = (path: string): Promise<boolean> =>
  Promise.race([
    stat(path).then(
      (found) => found.isFile(),
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), patience).unref()),
  ])

/** Returns the message of an expected failure. Rethrows a bug. */
function failed(error: unknown, doing: Doing): Message {
  const failure = error instanceof FailureError ? error.failure : systemFailure(error, doing)
  if (!failure) throw error
  return failure.message
}
