import { isSameImage } from '../slideStore.ts'
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { FailureError, systemFailure, type MergedCopy, message } from '../../contract/index.ts'
import { DamagedFileError } from '../file/blob.ts'
import { agreementOf, type Agreement, type NamedLabels } from './agreement.ts'
import { matchNuclei } from '../nuclei/matchNuclei.ts'
import { openProject, type Project } from '../project.ts'
import { readingsIn, type ReaderLabels } from './readings.ts'
import { isSameFile } from '../file/sameFile.ts'
import { takeNuclei } from '../../../models/nuclei/join.ts'

export interface MergedReading {
  readonly reader: string
  readonly file: string
  readonly labels: number
  /** Number of nuclei that only the copy had. */
  readonly added: number
}

/**
 * Creates a new project with everything in `base` and, beside its labels, those of each reader of the copies: for kappa
 * and adjudication. No label is overwritten. Nuclei with overlapping outlines count as the same; labelled nuclei that
 * only a copy has are added. The merged files are only migrated to the current version. Throws FailureError
 * 'invalid-input' if a copy has no slide in common with `base`, and as openProject does. No file is left behind then.
 */
export function mergeProjects(
  base: string,
  copies: readonly string[],
  output: string,
): { output: string; readings: MergedReading[]; agreement: Agreement[] } {
  const path = resolve(output)
  if (existsSync(path))
    throw new FailureError('invalid-input', message('refused', { doing: 'writeFile', path, reason: 'taken' }))
  // Opening and closing writes the content of the write-ahead log into the file that is copied.
  openProject(base, { rescue: false }).close()
  const unfinished = `${path}.merging-${process.pid}`
  try {
    copyFileSync(base, unfinished)
    const project = openProject(unfinished)
    try {
      const readings = copies.flatMap((copy) => {
        const { readings, file, added } = mergeCopy(project, copy)
        return readings.map((reading) => ({ ...reading, file, added }))
      })
      const agreement = agreements(project)
      project.close()
      renameSync(unfinished, path)
      return { output: path, readings, agreement }
    } finally {
      project.close()
    }
  } catch (error) {
    rmSync(unfinished, { force: true })
    const failure = systemFailure(error, { do: 'mergeInto', path })
    throw failure ? FailureError.of(failure) : error
  }
}

/** Compares every two readers of a project: those of its own log and those of its readings. */
export function agreements(project: Project): Agreement[] {
  const { byReader, decisions } = readingsIn(project.log)
  const readers: NamedLabels[] = [
    ...[...byReader].map(([reader, labels]) => ({ reader, ...labels })),
    ...project.readings
      .all()
      .map(({ id, reader, file }) => ({ reader: `${reader} (${file})`, ...project.readings.labels(id) })),
  ]
  return readers.flatMap((first, i) =>
    readers
      .slice(i + 1)
      .map((second) => agreementOf(first, second, (id) => decisions.isSettled(id, first.reader, second.reader))),
  )
}

/**
 * Stores the labels of each reader of a copy beside those of an open project, as mergeProjects does, in one
 * transaction. This is not a step of the log, so undo skips it. Merging the copy again replaces its earlier labels.
 * Throws FailureError 'invalid-input' if the copy is the project itself or has no slide in common with it, and as
 * openProject does. Nothing has changed then.
 */
export function mergeCopy(project: Project, path: string): MergedCopy {
  if (isSameFile(path, project.path)) throw new FailureError('invalid-input', message('copyIsSelf', { path }))
  const copy = openCopy(path)
  try {
    const file = basename(path)
    const { lastShared, divergedAt } = copy.log.divergenceFrom(project.log)
    const { byReader, decisions } = readingsIn(copy.log, lastShared)
    return project.transact(() => {
      const { idOf, added } = idsInProject(project, copy, file, [...byReader.values()])
      const classOf = byReader.size > 0 ? classesInProject(project, copy) : new Map<number, number>()
      let leftOut = 0
      const readings = [...byReader].map(([reader, labels]) => {
        const ours = translated(labels, idOf, classOf)
        leftOut += labels.ids.length - ours.ids.length
        // A copied file has the id of its original. Only the time of its first own log entry tells copies apart.
        project.readings.set(reader, `${copy.settings.get('copyId')} ${divergedAt}`, file, ours)
        return { reader, labels: ours.ids.length }
      })
      return { file, readings, added, leftOut, decisions: decisions.count }
    })
  } finally {
    copy.close()
  }
}

/** Opening checks the whole project, so damage in the copy is noticed here. */
function openCopy(path: string): Project {
  try {
    return openProject(path, { rescue: false })
  } catch (error) {
    throw error instanceof DamagedFileError ? new FailureError('unreadable', message('copyDamaged', { path })) : error
  }
}

/**
 * Returns the id in this project of each nucleus that the readers of a copy labelled. Adds missing nuclei to their
 * slide.
 */
function idsInProject(
  project: Project,
  copy: Project,
  file: string,
  readings: readonly ReaderLabels[],
): { idOf: Map<number, number>; added: number } {
  const labelled = new Set(readings.flatMap(({ ids }) => [...ids]))
  const idOf = new Map<number, number>()
  let added = 0
  let shared = 0
  for (const slide of copy.slides.all()) {
    const ourSlide = project.slides
      .all()
      .find((s) => s.size === slide.size && s.sampledHash === slide.sampledHash && isSameImage(s.info, slide.info))
    if (!ourSlide) continue
    shared++
    if (labelled.size === 0) continue
    const theirs = copy.nuclei.of(slide.id)
    const wanted = takeNuclei(
      theirs,
      Array.from(theirs.id.keys()).filter((i) => labelled.has(theirs.id[i])),
    )
    const ours = project.nuclei.of(ourSlide.id)
    const { match } = matchNuclei(ours, wanted)
    const missing: number[] = []
    match.forEach((at, i) => (at < 0 ? missing.push(i) : idOf.set(wanted.id[i], ours.id[at])))
    if (missing.length === 0) continue
    const ids = project.nuclei.append(ourSlide.id, takeNuclei(wanted, missing))
    missing.forEach((i, k) => idOf.set(wanted.id[i], ids[k]))
    added += missing.length
  }
  if (shared === 0) throw new FailureError('invalid-input', message('noSharedSlide', { file }))
  return { idOf, added }
}

function classesInProject(project: Project, copy: Project): Map<number, number> {
  const theirs = copy.classes.all()
  const ours = project.classes.getOrAdd(theirs)
  return new Map(theirs.map((c, i) => [c.id, ours[i].id]))
}

function translated(
  { ids, labels }: ReaderLabels,
  idOf: ReadonlyMap<number, number>,
  classOf: ReadonlyMap<number, number>,
): ReaderLabels {
  const pairs = Array.from(ids, (id, i) => [idOf.get(id), classOf.get(labels[i]) ?? labels[i]] as const)
    .filter((pair): pair is readonly [number, number] => pair[0] !== undefined)
    .sort(([a], [b]) => a - b)
  return { ids: Uint32Array.from(pairs, ([id]) => id), labels: Uint16Array.from(pairs, ([, label]) => label) }
}
