import { statSync } from 'node:fs'
import { FailureError, message, type Message } from '../../contract/index.ts'
import { ChunkStore } from '../nuclei/chunkStore.ts'
import { LabelState } from '../log/labelState.ts'
import { closeDatabase, openDatabase } from '../file/openFile.ts'
import { Project } from '../project.ts'

export interface Checked {
  readonly problems: readonly Message[]
  readonly repaired: readonly Message[]
  readonly slides: number
  readonly nuclei: number
  readonly steps: number
}

/**
 * Reads a whole project and compares it with its log. Throws as openProject with `rescue: false`; lists other damage.
 */
export function checkProject(path: string): Checked {
  return withProject(path, (project, repairs) => {
    const slides = project.slides.all()
    return {
      problems: problemsOf(project),
      repaired: repairs,
      slides: slides.length,
      nuclei: slides.reduce((sum, slide) => sum + slide.nuclei, 0),
      steps: project.log.steps(Number.MAX_SAFE_INTEGER).length,
    }
  })
}

/** Lists what of an open project cannot be read or differs from its log. Usually empty. */
export function problemsOf(project: Project): Message[] {
  const problems: Message[] = []
  const attempt = (part: Message, work: () => void) => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      problems.push(message('unreadable', { part, why: error.failure.message }))
    }
  }
  for (const { id, nuclei } of project.slides.all()) {
    attempt(message('partNucleiOf', { slide: id }), () => {
      const { count } = project.nuclei.of(id)
      if (count !== nuclei) problems.push(message('nucleiMiscounted', { slide: id, said: nuclei, found: count }))
    })
    const heads = () => project.nuclei.heads(id)
    for (const run of project.runs.all().filter((r) => r.slideId === id))
      attempt(message('partRun', { run: run.id }), () => void project.runs.predictions(run.id, heads()))
    attempt(message('partAcceptancesOf', { slide: id }), () => void project.acceptance.partialRuns(id))
  }
  for (const { id } of project.readings.all())
    attempt(message('partReadingOf', { reading: id }), () => void project.readings.labels(id))
  attempt(message('partLog'), () => {
    const replayed = replayedLabels(project)
    for (const [block, labels] of project.labels.blocks) {
      const other = replayed.get(block) ?? new Uint16Array(labels.length)
      if (labels.some((label, i) => label !== other[i])) problems.push(message('labelsDiffer', { block }))
    }
  })
  return problems
}

/** Computes the label blocks from the log alone. */
export function replayedLabels(project: Project): ReadonlyMap<number, Uint16Array> {
  const blocks = new Map<number, Uint16Array>()
  for (const { changes } of project.log.replay()) if (changes.labels) LabelState.applyTo(blocks, changes.labels)
  return blocks
}

/**
 * Frees unused disk space, including replaced chunks that undo could restore. Returns the file's bytes before and
 * after.
 */
export function compactProject(path: string): { before: number; after: number } {
  const before = sizeOf(path)
  const { db } = openDatabase(path)
  try {
    const chunks = new ChunkStore(db)
    chunks.giveUp(chunks.kept().map(({ id }) => id))
    chunks.deleteUnpublished()
    db.exec('VACUUM')
    db.exec('PRAGMA wal_checkpoint (TRUNCATE)')
  } finally {
    closeDatabase(db)
  }
  return { before, after: sizeOf(path) }
}

/** Summarises a project: its size, reader, classes, slides, steps, readings and missing slides. */
export function describeProject(path: string) {
  return withProject(path, (project) => ({
    path,
    bytes: sizeOf(path),
    reader: project.settings.get('reader') ?? null,
    classes: project.classes.all().map((c) => c.name),
    slides: project.slides.all().map(({ id, relativePath, nuclei, labelled }) => ({
      id,
      path: relativePath,
      nuclei,
      labelled,
      runs: project.runs.all().filter((run) => run.slideId === id).length,
    })),
    steps: project.log.steps(Number.MAX_SAFE_INTEGER).length,
    readings: project.readings.all().map(({ reader, file, count }) => ({ reader, file, labels: count })),
    missingSlides: project.slides.missing().map((slide) => slide.relativePath),
  }))
}

function withProject<T>(path: string, work: (project: Project, repairs: readonly Message[]) => T): T {
  const { db, repairs } = openDatabase(path)
  try {
    return work(new Project(db, repairs), repairs)
  } finally {
    closeDatabase(db)
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    throw new FailureError('not-found', message('noProject', { path }))
  }
}
