import { ClassScheme } from './classScheme.ts'
import type { Database } from './database.ts'
import { LabelLog } from './labelLog.ts'
import { mergeDetection, type Merged } from './mergeDetection.ts'
import { mergeImport } from './mergeImport.ts'
import { ModelRegister } from './modelRegister.ts'
import { NucleusStore } from './nucleusStore.ts'
import { closeDatabase, createDatabase, openDatabase } from './open.ts'
import { RunStore } from './runStore.ts'
import { Settings } from './settings.ts'
import { SlideStore } from './slideStore.ts'
import type { Nuclei, Rect } from '../contract/index.ts'

/** One open project file. Every change is on disk when its call returns; failures are FailureError. */
export class Project {
  readonly path: string
  readonly classes: ClassScheme
  readonly labels: LabelLog
  readonly models: ModelRegister
  readonly nuclei: NucleusStore
  readonly runs: RunStore
  readonly settings: Settings
  readonly slides: SlideStore
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
    this.path = db.path
    this.classes = new ClassScheme(db)
    this.labels = new LabelLog(db)
    this.models = new ModelRegister(db)
    this.nuclei = new NucleusStore(db)
    this.runs = new RunStore(db)
    this.settings = new Settings(db)
    this.slides = new SlideStore(db)
  }

  /** Several changes as one: all reach the disk or none does. */
  transact<T>(work: () => T): T {
    return this.#db.transact(work)
  }

  /**
   * Puts a new detection over the nuclei `old` of a slide (see mergeDetection) beside nuclei added since. Labels and
   * ids stay with their nuclei.
   */
  mergeDetection(slideId: number, old: Nuclei, found: Nuclei, region?: Rect): Merged {
    const inRedo = this.labels.idsInRedo()
    const isLabelled = (id: number) => this.labels.labelsOf(Uint32Array.of(id))[0] !== 0 || inRedo.has(id)
    const merged = mergeDetection(old, found, isLabelled, region)
    this.nuclei.replace(slideId, merged.nuclei)
    return merged
  }

  /**
   * Puts outlines from another tool over the nuclei of a slide. One that overlaps a nucleus takes its id and label and
   * replaces its outline; nothing goes. Returns the ids, in the order of `imported`.
   */
  mergeImport(slideId: number, imported: Nuclei): Uint32Array {
    return this.transact(() => {
      const { nuclei, ids } = mergeImport(this.nuclei.of(slideId), imported, (count) => this.nuclei.reserve(count))
      this.nuclei.replace(slideId, nuclei)
      return ids
    })
  }

  close(): void {
    closeDatabase(this.#db)
  }
}

/** Opens a project for this process alone. Fails with a sentence where it is missing, foreign, newer, damaged or in use. */
export const openProject = (path: string): Project => {
  const db = openDatabase(path)
  try {
    return new Project(db)
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
