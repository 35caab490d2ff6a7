import { type Nuclei, type Rect, type Searched, type Message } from '../contract/index.ts'
import { ShownRunState } from './log/acceptance.ts'
import { ClassScheme } from './classScheme.ts'
import type { Database } from './file/database.ts'
import { ChunkState, type ChunkChange } from './nuclei/chunkState.ts'
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
import { ImportedData } from './nuclei/importedData.ts'
import { ModelRegister } from './runs/modelRegister.ts'
import { NucleusStore } from './nuclei/nucleusStore.ts'
import { unpackEditedNuclei, type PackedEditedNuclei } from './nuclei/editedNuclei.ts'
import { createDatabase } from './file/createDatabase.ts'
import { closeDatabase, openDatabase, type OpenOptions } from './file/openFile.ts'
import type { Parts, StepChanges } from './log/stepParts.ts'
import { Readings } from './readers/readings.ts'
import { RegionState } from './log/regionState.ts'
import { reserveIds } from './nuclei/reserveIds.ts'
import { RunStore } from './runs/runStore.ts'
import { SearchedState, type SearchedChange } from './log/searchedState.ts'
import { Settings } from './settings.ts'
import { SlideStore } from './slideStore.ts'
import { StepLog } from './log/stepLog.ts'
import { alsoSearched, wholePixels } from '../../models/geometry/rects.ts'

/** Who makes a step on which slide, and the step's title and reason in the log. */
export interface StepTitle {
  readonly slideId: number
  readonly reader: string
  readonly title: Message
  readonly reason?: string
}

interface CountedTitle extends StepTitle {
  readonly count: number
}

/** What a detection has already stored and shown while it was running. */
export interface DetectionProgress {
  /** Ids of the chunks it has stored and shown. */
  readonly chunkIds: readonly number[]
  /** Id of the newest log entry before the detection began. */
  readonly lastStepBefore: number
  /** Area in which nuclei had been searched for before the detection began. */
  readonly searched: Searched
}

export interface NewStep extends StepTitle {
  /** Ids of the nuclei to label, in any order. If an id occurs more than once, its last label counts. */
  readonly ids: ArrayLike<number>
  /** New class id (or answer): one for all ids, or one per id. 0 removes the label. */
  readonly classId: number | ArrayLike<number>
}

/**
 * Disk space for replaced chunks that undo could restore, in bytes. It holds three or four detections of a whole slide
 * with a million nuclei of 20 points each. The newest replaced chunks are kept whatever their size.
 */
const maxKeptBytes = 256e6

/**
 * An open project file. Every change is on disk when its call returns. Expected failures are thrown as FailureError.
 */
export class Project {
  readonly path: string
  readonly acceptance: ShownRunState
  readonly classes: ClassScheme
  readonly imported: ImportedData
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
  /** Sentences for the user: what was damaged and has been rebuilt from the log or left out. Usually empty. */
  readonly repairs: readonly Message[]
  readonly #db: Database

  constructor(db: Database, repairs: readonly Message[] = []) {
    this.#db = db
    this.path = db.path
    this.repairs = repairs
    this.acceptance = new ShownRunState(db)
    this.classes = new ClassScheme(db)
    this.imported = new ImportedData(db)
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

  /** The parts of the project's state that steps can change. */
  get parts(): Parts {
    return {
      found: new ChunkState(this.nuclei),
      outlines: this.nuclei.outlines,
      labels: this.labels,
      regions: this.regions,
      accepted: this.acceptance,
      searched: this.searched,
    }
  }

  /** Runs several changes as one: all of them reach the disk, or none. */
  transact<T>(work: () => T): T {
    return this.#db.transact(work)
  }

  /** Labels nuclei as one undoable step and returns its id. */
  label({ ids, classId, ...title }: NewStep): number {
    const labels = this.labels.changes(ids, classId)
    return this.log.append({ kind: 'label', ...title, count: labels.ids.length, changes: { labels } })
  }

  /** Reserves `count` consecutive nucleus ids and returns the first. They are never given out again. */
  reserveIds(count: number): number {
    return reserveIds(this.#db, count)
  }

  /** Returns, still packed, which nuclei users have labelled or edited. A detection does not remove those. */
  editedNuclei(): PackedEditedNuclei {
    return { steps: this.log.packedContents(['labels', 'outlines']), labels: this.labels.blocks }
  }

  /**
   * Merges a new detection into the nuclei of a slide as one undoable step (see mergeDetection). Labels and ids are
   * kept. `region` is the searched rectangle in level-0 pixels; undefined: the whole slide.
   */
  mergeDetection(title: StepTitle, detection: Nuclei, region?: Rect): Merged {
    const slide = unpackSlide(this.nuclei.forMerge(title.slideId))
    const merged = mergeDetection(slide, detection, unpackEditedNuclei(this.editedNuclei()), region ?? 'everywhere')
    const { info, searched } = this.slides.get(title.slideId)
    this.#publish(
      { ...title, count: detection.count },
      merged,
      region ? alsoSearched(searched, [wholePixels(region, info)], info) : null,
    )
    return merged
  }

  /**
   * Merges outlines from another tool into the nuclei of a slide as one undoable step (see mergeImport). Returns the
   * nucleus ids in the order of `imported`.
   */
  mergeImport(title: StepTitle, imported: Nuclei): Uint32Array {
    const merged = mergeImport(unpackSlide(this.nuclei.forMerge(title.slideId)), imported)
    return idsOfMerged(merged, this.#publish({ ...title, count: imported.count }, merged, null))
  }

  /**
   * Replaces all chunks of a slide by chunks that have already been written, as one undoable step, and sets the
   * searched area to `searched`. The replaced chunks are kept for undo. Chunks that the same detection had already
   * shown (`shownSoFar`) are not kept, except for their nuclei that the user labelled or edited in the meantime. `also`
   * returns what else the step changes.
   */
  publishChunks(
    title: CountedTitle,
    chunkIds: readonly number[],
    searched: Searched,
    shownSoFar: DetectionProgress = { chunkIds: [], lastStepBefore: 0, searched: this.searched.of(title.slideId) },
    also: () => Pick<StepChanges, 'labels' | 'accepted'> = () => ({}),
  ): void {
    const { slideId } = title
    const { chunks } = this.nuclei
    this.transact(() => {
      const old = chunks.of(slideId).map(({ id }) => id)
      const edited = this.#keepEdited(slideId, shownSoFar)
      chunks.giveUp(shownSoFar.chunkIds)
      const before = [...old.filter((id) => !shownSoFar.chunkIds.includes(id)), ...edited]
      const found = { before, after: [...chunkIds] }
      this.#appendNucleiStep(title, found, { before: shownSoFar.searched, after: searched }, also())
      this.#dropOldChunks()
    })
  }

  /**
   * Turns the chunks that a detection had shown before it stopped into one undoable step. Does nothing if none of them
   * is in force any more.
   */
  commitPartialDetection(title: CountedTitle, searched: Searched, shownSoFar: DetectionProgress): void {
    this.transact(() => {
      const inForce = new Set(this.nuclei.chunks.of(title.slideId).map(({ id }) => id))
      const after = shownSoFar.chunkIds.filter((id) => inForce.has(id))
      if (after.length === 0) return
      const before = this.#keepEdited(title.slideId, { ...shownSoFar, chunkIds: after })
      this.#appendNucleiStep(title, { before, after }, { before: shownSoFar.searched, after: searched })
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

  /** Appends the step of a detection or import. It records the shown runs, so that undo shows them again. */
  #appendNucleiStep(
    title: CountedTitle,
    found: ChunkChange,
    searched: SearchedChange,
    also: Pick<StepChanges, 'labels' | 'accepted'> = {},
  ): void {
    const shownRuns = this.acceptance.shownRuns(title.slideId)
    this.log.append({
      kind: 'nuclei',
      ...title,
      changes: { found, accepted: { before: shownRuns, after: shownRuns }, searched, ...also },
    })
  }

  /**
   * Writes a chunk of the nuclei that the user labelled or edited while a detection was showing them, so that they
   * remain when the detection is undone. Returns its id in an array, or an empty array if there are none.
   */
  #keepEdited(slideId: number, { chunkIds, lastStepBefore }: DetectionProgress): number[] {
    const chunkId =
      chunkIds.length > 0
        ? this.nuclei.writeChunkOf(slideId, chunkIds, this.log.nucleiChangedSince(lastStepBefore))
        : undefined
    return chunkId === undefined ? [] : [chunkId]
  }

  /** Gives up replaced chunks that no undo or redo can restore, and the oldest others if they exceed maxKeptBytes. */
  #dropOldChunks(): void {
    const { chunks } = this.nuclei
    const bytes = new Map(chunks.kept().map((chunk) => [chunk.id, chunk.bytes]))
    const wanted = new Set<number>()
    let room = 0
    for (const { found } of [...this.log.reachable('nuclei')].reverse()) {
      const more = [...(found?.before ?? []), ...(found?.after ?? [])].filter((id) => bytes.has(id) && !wanted.has(id))
      for (const id of more) room += bytes.get(id) ?? 0
      if (wanted.size > 0 && room > maxKeptBytes) break
      for (const id of more) wanted.add(id)
    }
    chunks.giveUp([...bytes.keys()].filter((id) => !wanted.has(id)))
  }
}

/**
 * Opens a project for this process alone. Rescues what can be read of a damaged project (see Project.repairs), unless
 * `rescue` is false. Throws FailureError if the file is missing, not a Karyon project, from a newer version, in use, or
 * too damaged.
 */
export const openProject = (path: string, options?: OpenOptions): Project => {
  const { db, repairs } = openDatabase(path, { rescue: true, ...options })
  try {
    return new Project(db, repairs)
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}

/** Creates a new project file and opens it. */
export function createProject(path: string): Project {
  createDatabase(path)
  return openProject(path)
}
