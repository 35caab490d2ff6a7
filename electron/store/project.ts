import { alsoSearched, wholePixels, type Nuclei, type Rect, type Searched, type Told } from '../contract/index.ts'
import { AcceptanceState } from './log/acceptance.ts'
import { ClassScheme } from './classScheme.ts'
import type { Database } from './file/database.ts'
import { FoundState, type FoundChange } from './nuclei/chunkState.ts'
import { LabelState } from './log/labelState.ts'
import {
  chunksOf,
  idsOfMerged,
  mergeDetection,
  mergeImport,
  unnumbered,
  unpackSlide,
  type Merged,
} from './nuclei/mergeNuclei.ts'
import { ModelRegister } from './runs/modelRegister.ts'
import { NucleusStore } from './nuclei/nucleusStore.ts'
import { unpackPeople, type PackedPeople } from './nuclei/editedNuclei.ts'
import { createDatabase } from './file/createDatabase.ts'
import { closeDatabase, openDatabase, type OpenOptions } from './file/openFile.ts'
import type { Parts } from './log/stepParts.ts'
import { Readings } from './readers/readings.ts'
import { RegionState } from './log/regionState.ts'
import { reserveIds } from './nuclei/reserveIds.ts'
import { RunStore } from './runs/runStore.ts'
import { SearchedState, type SearchedChange } from './log/searchedState.ts'
import { Settings } from './settings.ts'
import { SlideStore } from './slideStore.ts'
import { StepLog } from './log/stepLog.ts'

/** Who does something, and what it is called in the log. */
export interface StepTitle {
  readonly slideId: number
  readonly reader: string
  readonly title: string | Told
  readonly reason?: string
}

interface CountedTitle extends StepTitle {
  readonly count: number
}

/** What a detection appends while it goes. */
export interface Streamed {
  /** Chunks. */
  readonly shown: readonly number[]
  /** The last entry of the log before it began. */
  readonly from: number
  /** Where nuclei had been searched for before it began. */
  readonly searched: Searched
}

export interface NewStep extends StepTitle {
  /** Nuclei to change; order and repetitions do not matter, the last word on a nucleus counts. */
  readonly ids: ArrayLike<number>
  /** New class id (or answer) for all, or one for each; 0 takes the label away. */
  readonly classId: number | ArrayLike<number>
}

/**
 * Room for replaced nuclei that undo could bring back: three or four detections of a whole slide of a million nuclei with 20
 * points each. The newest is kept whatever its size.
 */
const keptBytes = 256e6

/** One open project file. Every change is on disk when its call returns; failures are FailureError. */
export class Project {
  readonly path: string
  readonly acceptance: AcceptanceState
  readonly classes: ClassScheme
  readonly labels: LabelState
  readonly log: StepLog
  readonly models: ModelRegister
  readonly nuclei: NucleusStore
  readonly readings: Readings
  readonly regions: RegionState
  readonly runs: RunStore
  readonly searched: SearchedState
  readonly settings: Settings
  readonly slides: SlideStore
  /** What was damaged and has been made again from the log or left out, for the user; empty as a rule. */
  readonly repaired: readonly string[]
  readonly #db: Database

  constructor(db: Database, repaired: readonly string[] = []) {
    this.#db = db
    this.path = db.path
    this.repaired = repaired
    this.acceptance = new AcceptanceState(db)
    this.classes = new ClassScheme(db)
    this.labels = new LabelState(db)
    this.models = new ModelRegister(db)
    this.nuclei = new NucleusStore(db)
    this.readings = new Readings(db)
    this.regions = new RegionState(db)
    this.runs = new RunStore(db)
    this.searched = new SearchedState(db)
    this.settings = new Settings(db)
    this.slides = new SlideStore(db)
    this.log = new StepLog(db, this.parts)
  }

  /** The states that steps change. */
  get parts(): Parts {
    return {
      found: new FoundState(this.nuclei),
      outlines: this.nuclei.outlines,
      labels: this.labels,
      regions: this.regions,
      accepted: this.acceptance,
      searched: this.searched,
    }
  }

  /** Several changes as one: all reach the disk or none does. */
  transact<T>(work: () => T): T {
    return this.#db.transact(work)
  }

  /** Labels nuclei as one named, undoable step; its id. */
  label({ ids, classId, ...title }: NewStep): number {
    const labels = this.labels.changes(ids, classId)
    return this.log.append({ kind: 'label', ...title, count: labels.ids.length, changes: { labels } })
  }

  /** The first of `count` nucleus ids that nobody else will get. */
  reserveIds(count: number): number {
    return reserveIds(this.#db, count)
  }

  /** Of which nuclei people spoke, as it lies in the file: a detection does not take those away. */
  people(): PackedPeople {
    return { steps: this.log.contents(['labels', 'outlines']), labels: this.labels.blocks }
  }

  /** Puts a new detection over the nuclei of a slide (see mergeDetection), as one undoable step. Labels and ids stay. */
  mergeDetection(title: StepTitle, detection: Nuclei, region?: Rect): Merged {
    const slide = unpackSlide(this.nuclei.forMerge(title.slideId))
    const merged = mergeDetection(slide, detection, unpackPeople(this.people()), region ?? 'everywhere')
    const { info, searched } = this.slides.get(title.slideId)
    this.#publish(
      { ...title, count: detection.count },
      merged,
      region ? alsoSearched(searched, [wholePixels(region, info)], info) : null,
    )
    return merged
  }

  /** Puts outlines from another tool over those of a slide (see mergeImport), as one undoable step; the ids, in their order. */
  mergeImport(title: StepTitle, imported: Nuclei): Uint32Array {
    const merged = mergeImport(unpackSlide(this.nuclei.forMerge(title.slideId)), imported)
    return idsOfMerged(merged, this.#publish({ ...title, count: imported.count }, merged, null))
  }

  /**
   * Puts chunks that were written beforehand in force, in place of all others of the slide, as one undoable step, after which
   * nuclei were searched for where `searched` says. What is replaced is kept for undo, except what the same work had shown:
   * of that, nuclei alone that people spoke of meanwhile.
   */
  publishChunks(
    title: CountedTitle,
    chunkIds: readonly number[],
    searched: Searched,
    streamed: Streamed = { shown: [], from: 0, searched: this.searched.of(title.slideId) },
  ): void {
    const { slideId } = title
    const { chunks } = this.nuclei
    this.transact(() => {
      const old = chunks.of(slideId).map(({ id }) => id)
      const named = this.#named(slideId, streamed)
      chunks.drop(streamed.shown)
      const before = [...old.filter((id) => !streamed.shown.includes(id)), ...named]
      this.#found(title, { before, after: [...chunkIds] }, { before: streamed.searched, after: searched })
      this.#giveUpOld()
    })
  }

  /** Makes one undoable step of what a detection had shown when it stopped; of nothing where that is in force no more. */
  keepShown(title: CountedTitle, searched: Searched, streamed: Streamed): void {
    this.transact(() => {
      const inForce = new Set(this.nuclei.chunks.of(title.slideId).map(({ id }) => id))
      const after = streamed.shown.filter((id) => inForce.has(id))
      if (after.length === 0) return
      const before = this.#named(title.slideId, { ...streamed, shown: after })
      this.#found(title, { before, after }, { before: streamed.searched, after: searched })
    })
  }

  close(): void {
    closeDatabase(this.#db)
  }

  #publish(title: CountedTitle, merged: Merged, searched: Searched): number {
    return this.transact(() => {
      const firstId = this.reserveIds(unnumbered(merged))
      const { chunks } = this.nuclei
      const written = [...chunksOf(merged, firstId)].map((chunk, position) =>
        chunks.write(title.slideId, position, chunk),
      )
      this.publishChunks(title, written, searched)
      while (chunks.sweep());
      return firstId
    })
  }

  /** Undo of it lets those runs speak again that spoke before it. */
  #found(title: CountedTitle, found: FoundChange, searched: SearchedChange): void {
    const speaking = this.acceptance.speaking(title.slideId)
    this.log.append({
      kind: 'nuclei',
      ...title,
      changes: { found, accepted: { before: speaking, after: speaking }, searched },
    })
  }

  /** Nuclei that people spoke of while they were shown stand when the detection is undone: a chunk of them, if any. */
  #named(slideId: number, { shown, from }: Streamed): number[] {
    const chunkId = shown.length > 0 ? this.nuclei.separate(slideId, shown, this.log.namedSince(from)) : undefined
    return chunkId === undefined ? [] : [chunkId]
  }

  /** Gives up replaced nuclei that no undo or redo could bring back, and the oldest of the others where they take too much. */
  #giveUpOld(): void {
    const { chunks } = this.nuclei
    const bytes = new Map(chunks.kept().map((chunk) => [chunk.id, chunk.bytes]))
    const wanted = new Set<number>()
    let room = 0
    for (const { found } of [...this.log.reachable('nuclei')].reverse()) {
      const more = [...(found?.before ?? []), ...(found?.after ?? [])].filter((id) => bytes.has(id) && !wanted.has(id))
      for (const id of more) room += bytes.get(id) ?? 0
      if (wanted.size > 0 && room > keptBytes) break
      for (const id of more) wanted.add(id)
    }
    chunks.drop([...bytes.keys()].filter((id) => !wanted.has(id)))
  }
}

/**
 * Opens a project for this process alone. What can be read of a damaged one is rescued (see Project.repaired), unless
 * `rescue` is false. Fails with a sentence where it is missing, foreign, newer, in use, or too damaged.
 */
export const openProject = (path: string, options?: OpenOptions): Project => {
  const { db, repaired } = openDatabase(path, { rescue: true, ...options })
  try {
    return new Project(db, repaired)
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}

/** Makes a new project file and opens it. */
export function createProject(path: string): Project {
  createDatabase(path)
  return openProject(path)
}
