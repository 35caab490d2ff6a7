import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import {
  FailureError,
  message,
  searchedSchema,
  slideInfoSchema,
  systemFailure,
  type Searched,
  type SlideInfo,
} from '../contract/index.ts'
import type { Database } from './file/database.ts'
import { fileIdentity, hashOfFile } from './file/fileIdentity.ts'

interface SlideRow {
  id: number
  relativePath: string
  absolutePath: string
  size: number
  sampledHash: string
  info: string
  givenMpp: number | null
  nuclei: number
  /** Number of nuclei that have a label. */
  labelled: number
  nucleiVersion: number
  activeRunId: number | null
  /** Ids of the acceptances that apply to part of the nuclei, as a JSON array (see AcceptanceState). */
  accepted: string
  /** SHA-256 of the whole file; null until it has been computed. */
  fullHash: string | null
  /** Area in which nuclei were searched for, as JSON; null: the whole slide. */
  searched: string | null
}

export interface StoredSlide extends Omit<SlideRow, 'info' | 'searched'> {
  readonly info: SlideInfo
  readonly searched: Searched
}

/** The slides of a project: where their files are, what is known of them, and which run is shown. */
export class SlideStore {
  readonly #db: Database
  readonly #folder: string

  constructor(db: Database) {
    this.#db = db
    this.#folder = dirname(resolve(db.path))
  }

  all(): StoredSlide[] {
    return this.#db.all<SlideRow>('SELECT * FROM slide ORDER BY id').map(asSlide)
  }

  get(id: number): StoredSlide {
    const row = this.#db.get<SlideRow>('SELECT * FROM slide WHERE id = ?', id)
    if (!row) throw new FailureError('not-found', message('noSlide', { id }))
    return asSlide(row)
  }

  /**
   * Adds a slide file and returns its id. If the project already has a slide with this content (and of the same image,
   * where a file holds several), updates its path and data and returns that id. `fullHash` is the file's, where `rivals` finds slides that look the same.
   */
  add(path: string, info: SlideInfo, givenMpp?: number, fullHash?: string): number {
    const absolutePath = resolve(path)
    const { size, sampledHash } = fileIdentity(absolutePath)
    const known = this.#withContent(absolutePath, size, sampledHash, info, fullHash)
    const place = this.#place(absolutePath)
    if (!known)
      return this.#db.run(
        `INSERT INTO slide (relativePath, absolutePath, size, sampledHash, info, givenMpp, fullHash)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ...place,
        size,
        sampledHash,
        JSON.stringify(info),
        givenMpp ?? null,
        fullHash ?? null,
      )
    this.#db.run(
      'UPDATE slide SET relativePath = ?, absolutePath = ?, info = ?, givenMpp = coalesce(?, givenMpp) WHERE id = ?',
      ...place,
      JSON.stringify(info),
      givenMpp ?? null,
      known.id,
    )
    return known.id
  }

  /** Returns the slide that `add` would find, if the project has it. */
  find(path: string, info: SlideInfo, fullHash?: string): StoredSlide | undefined {
    const absolutePath = resolve(path)
    const { size, sampledHash } = fileIdentity(absolutePath)
    const row = this.#withContent(absolutePath, size, sampledHash, info, fullHash)
    return row && asSlide(row)
  }

  /**
   * Returns the slides at other places with the same size and samples as this file. Uncompressed pictures with glass at
   * the beginning, middle and end look like that, so only the whole files' hashes tell whether they are the same slide.
   */
  rivals(path: string): StoredSlide[] {
    const absolutePath = resolve(path)
    const { size, sampledHash } = fileIdentity(absolutePath)
    const alike = this.#alike(size, sampledHash)
    return alike.some((row) => this.#isAt(row, absolutePath)) ? [] : alike.map(asSlide)
  }

  /**
   * Returns the current path of a slide's file. Looks relative to the project first, then at the absolute path. Throws
   * FailureError 'not-found' if there is no file, 'unreadable' if its content is another.
   */
  locate(id: number): string {
    const slide = this.get(id)
    const path = [resolve(this.#folder, slide.relativePath), slide.absolutePath].find((p) => existsSync(p))
    if (!path) throw new FailureError('not-found', message('slideAway', { path: slide.absolutePath }))
    const { size, sampledHash } = fileIdentity(path)
    if (size !== slide.size || sampledHash !== slide.sampledHash)
      throw new FailureError('unreadable', message('slideDiffers', { path }))
    return path
  }

  /** As `locate`, with the number of the image where the file holds several: what electron/slides opens. */
  named(id: number): string {
    const { image } = this.get(id).info
    return this.locate(id) + (image === undefined ? '' : `#image=${image}`)
  }

  /**
   * Returns the slide that a file is: the one at its place, else one with the same hash of the whole file, else one whose
   * file can no longer be hashed, which was then moved.
   */
  #withContent(
    path: string,
    size: number,
    sampledHash: string,
    info: SlideInfo,
    fullHash?: string,
  ): SlideRow | undefined {
    const alike = this.#alike(size, sampledHash).filter((row) => isSameImage(asSlide(row).info, info))
    const here = alike.find((row) => this.#isAt(row, path))
    if (here ?? fullHash === undefined) return here ?? alike[0]
    return alike.find((row) => row.fullHash === fullHash) ?? alike.find((row) => row.fullHash === null)
  }

  #alike(size: number, sampledHash: string): SlideRow[] {
    return this.#db.all<SlideRow>(
      'SELECT * FROM slide WHERE size = ? AND sampledHash = ? ORDER BY id',
      size,
      sampledHash,
    )
  }

  #isAt({ relativePath, absolutePath }: SlideRow, path: string): boolean {
    return path === absolutePath || path === resolve(this.#folder, relativePath)
  }

  /** Shows one run for all nuclei of a slide and clears partial acceptances. */
  show(id: number, runId: number | null): void {
    this.#db.run(`UPDATE slide SET activeRunId = ?, accepted = '[]' WHERE id = ?`, runId, id)
  }

  /** Returns the slides whose file is at neither of its known paths. */
  missing(): StoredSlide[] {
    return this.all().filter(({ relativePath, absolutePath }) =>
      [resolve(this.#folder, relativePath), absolutePath].every((path) => !existsSync(path)),
    )
  }

  /**
   * Looks for missing slides in a folder (and its sub-folders if `deep`), by size and content. Returns how many were
   * found. One call finds all slides of a folder that was moved.
   */
  findAgain(folder: string, { deep } = { deep: true }): number {
    const missing = this.missing()
    let found = 0
    for (const path of filesIn(resolve(folder), deep)) {
      const { size } = statSync(path)
      if (!missing.some((slide) => slide.size === size)) continue
      const { sampledHash } = fileIdentity(path)
      const alike = this.#alike(size, sampledHash)
      const candidates = missing.filter((s) => alike.some((row) => row.id === s.id))
      const isOneFile = new Set(alike.map(({ absolutePath }) => absolutePath)).size === 1
      const hash = isOneFile ? null : hashOfFile(path)
      // Of slides that look the same, one is at this place; with it the other images of its file.
      const first = candidates.find((s) => isOneFile || s.fullHash === hash)
      for (const slide of candidates.filter((s) => s.absolutePath === first?.absolutePath)) {
        this.#db.run('UPDATE slide SET relativePath = ?, absolutePath = ? WHERE id = ?', ...this.#place(path), slide.id)
        missing.splice(missing.indexOf(slide), 1)
        found++
      }
    }
    return found
  }

  /** Stores the SHA-256 of the whole file, which identifies the slide in reports and merges. */
  setFullHash(id: number, hash: string): void {
    this.#db.run('UPDATE slide SET fullHash = ? WHERE id = ?', hash, id)
  }

  #place(absolutePath: string): [string, string] {
    return [relative(this.#folder, absolutePath).split(sep).join('/'), absolutePath]
  }
}

/**
 * Returns whether two descriptions of one file are of the same of its images. Projects from before images were counted
 * name none: their slide is the image of its size.
 */
export const isSameImage = (a: SlideInfo, b: SlideInfo): boolean =>
  a.image === b.image ||
  ((a.image === undefined || b.image === undefined) && a.width === b.width && a.height === b.height)

/**
 * Lists the files in a folder. Skips sub-folders that cannot be read. Throws FailureError if the folder itself cannot
 * be read.
 */
function filesIn(folder: string, deep: boolean): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: deep })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    const failure = systemFailure(error, { do: 'findSlides', path: folder })
    throw failure ? FailureError.of(failure) : error
  }
}

const asSlide = (row: SlideRow): StoredSlide => ({
  ...row,
  info: slideInfoSchema.parse(JSON.parse(row.info)),
  searched: searchedSchema.parse(JSON.parse(row.searched ?? 'null')),
})
