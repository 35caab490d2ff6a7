import type { Nuclei, Rect } from '../contract/index.ts'
import { AcceptanceState } from './acceptance.ts'
import { ClassScheme } from './classScheme.ts'
import type { Database } from './database.ts'
import { LabelState } from './labelState.ts'
import {
  chunksOf,
  idsOfMerged,
  mergeDetection,
  mergeImport,
  unnumbered,
  unpackSlide,
  type Merged,
} from './mergeNuclei.ts'
import { ModelRegister } from './modelRegister.ts'
import { NucleusStore } from './nucleusStore.ts'
import { unpackPeople, type PackedPeople } from './people.ts'
import { closeDatabase, createDatabase, openDatabase, type OpenOptions } from './open.ts'
import type { Parts } from './parts.ts'
import { Readings } from './readings.ts'
import { RegionState } from './regionState.ts'
import { reserveIds } from './reserveIds.ts'
import { RunStore } from './runStore.ts'
import { Settings } from './settings.ts'
import { SlideStore } from './slideStore.ts'
import { StepLog } from './stepLog.ts'

/** Who does something, and what it is called in the log. */
export interface StepTitle {
  readonly slideId: number
  readonly reader: string
  readonly title: string
  readonly reason?: string
}

export interface NewStep extends StepTitle {
  /** Nuclei to change; order and repetitions do not matter, the last word on a nucleus counts. */
  readonly ids: ArrayLike<number>
  /** New class id (or answer) for all, or one for each; 0 takes the label away. */
  readonly classId: number | ArrayLike<number>
}

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
    this.settings = new Settings(db)
    this.slides = new SlideStore(db)
    this.log = new StepLog(db, this.parts)
  }

  /** The states that steps change. */
  get parts(): Parts {
    return {
      outlines: this.nuclei.outlines,
      labels: this.labels,
      regions: this.regions,
      accepted: this.acceptance,
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

  /** Notes in the log something that adds and takes nothing away, such as a detection. */
  note(title: StepTitle, count: number): number {
    return this.log.append({ kind: 'note', ...title, count, changes: {} })
  }

  /** The first of `count` nucleus ids that nobody else will get. */
  reserveIds(count: number): number {
    return reserveIds(this.#db, count)
  }

  /** Of which nuclei people spoke, as it lies in the file: a detection does not take those away. */
  people(): PackedPeople {
    return { steps: this.log.contents(['labels', 'outlines']), labels: this.labels.blocks }
  }

  /** Puts a new detection over the nuclei of a slide (see mergeDetection). Labels and ids stay with their nuclei. */
  mergeDetection(slideId: number, detection: Nuclei, region?: Rect): Merged {
    const slide = unpackSlide(this.nuclei.forMerge(slideId))
    const merged = mergeDetection(slide, detection, unpackPeople(this.people()), region)
    this.#publish(slideId, merged)
    return merged
  }

  /** Puts outlines from another tool over the nuclei of a slide (see mergeImport); the ids, in their order. */
  mergeImport(slideId: number, imported: Nuclei): Uint32Array {
    const merged = mergeImport(unpackSlide(this.nuclei.forMerge(slideId)), imported)
    return idsOfMerged(merged, this.#publish(slideId, merged))
  }

  /**
   * Puts chunks that were written beforehand in force, in place of all others of the slide, with what `also` does.
   * Labels of nuclei that are gone by then stay in the log alone, so callers merge again where `gone` has labels.
   */
  publishChunks(slideId: number, chunkIds: readonly number[], also: () => void = () => undefined): void {
    this.transact(() => {
      this.nuclei.chunks.publish(slideId, chunkIds)
      this.nuclei.changed(slideId)
      also()
    })
  }

  close(): void {
    closeDatabase(this.#db)
  }

  #publish(slideId: number, merged: Merged): number {
    return this.transact(() => {
      const firstId = this.reserveIds(unnumbered(merged))
      const { chunks } = this.nuclei
      const written = [...chunksOf(merged, firstId)].map((chunk, position) => chunks.write(slideId, position, chunk))
      this.publishChunks(slideId, written)
      while (chunks.sweep());
      return firstId
    })
  }
}

/** Opens a project for this process alone. Fails with a sentence where it is missing, foreign, newer, damaged or in use. */
export const openProject = (path: string, options?: OpenOptions): Project => {
  const { db, repaired } = openDatabase(path, options)
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
