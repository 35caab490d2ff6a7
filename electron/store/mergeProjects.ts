import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { FailureError, systemFailure, takeNuclei } from '../contract/index.ts'
import { agreementOf, type Agreement, type NamedLabels } from './agreement.ts'
import { matchNuclei } from './matchNuclei.ts'
import { labelFlags } from './people.ts'
import { openProject, type Project } from './project.ts'
import { readingsIn, type ReaderLabels } from './readings.ts'

export interface MergedReading {
  readonly reader: string
  readonly file: string
  readonly labels: number
  /** Nuclei that only the copy had. */
  readonly added: number
}

/**
 * A new project with all of `base` and, beside its labels, those of each reader of the copies: for κ and adjudication.
 * No label of anybody is overwritten. Nuclei are the same where their outlines overlap; labelled ones that only a copy has
 * are added. The files that are merged stay as they are, but for being brought to the current version.
 * Fails with 'invalid-input' where a copy has no slide in common, and as openProject does; nothing is left behind then.
 */
export function mergeProjects(
  base: string,
  copies: readonly string[],
  output: string,
): { output: string; readings: MergedReading[]; agreement: Agreement[] } {
  const path = resolve(output)
  if (existsSync(path))
    throw new FailureError('invalid-input', `Could not write ${path}: a file is there already. Choose another name.`)
  // Opened and closed once: what its write-ahead log holds is in the file that is copied.
  openProject(base, { rescue: false }).close()
  const unfinished = `${path}.merging-${process.pid}`
  try {
    copyFileSync(base, unfinished)
    const project = openProject(unfinished)
    try {
      const readings = copies.flatMap((copy) => readCopy(project, copy))
      const agreement = agreements(project)
      project.close()
      renameSync(unfinished, path)
      return { output: path, readings, agreement }
    } finally {
      project.close()
    }
  } catch (error) {
    rmSync(unfinished, { force: true })
    const failure = systemFailure(error, `merge into ${path}`)
    throw failure ? FailureError.of(failure) : error
  }
}

/** Every two readers of a project: of its own log, and of the readings beside it. */
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
      .map((second) => agreementOf(first, second, (id) => decisions.settle(id, first.reader, second.reader))),
  )
}

function readCopy(project: Project, path: string): MergedReading[] {
  const copy = openProject(path, { rescue: false })
  try {
    return project.transact(() => {
      const { idOf, added } = idsHere(project, copy, path)
      const classOf = classesHere(project, copy)
      const { lastShared, wentOn } = copy.log.partedFrom(project.log)
      return [...readingsIn(copy.log, lastShared).byReader].map(([reader, labels]) => {
        const here = translated(labels, idOf, classOf)
        // A copied file has the id of its original: the moment at which its log went on alone tells copies apart.
        project.readings.set(reader, `${copy.settings.get('copyId')} ${wentOn}`, basename(path), here)
        return { reader, file: basename(path), labels: here.ids.length, added }
      })
    })
  } finally {
    copy.close()
  }
}

/** The id here of each labelled nucleus of a copy; those that are not here are added to their slide. */
function idsHere(project: Project, copy: Project, path: string): { idOf: Map<number, number>; added: number } {
  const idOf = new Map<number, number>()
  let added = 0
  let shared = 0
  for (const slide of copy.slides.all()) {
    const here = project.slides.all().find((s) => s.size === slide.size && s.sampledHash === slide.sampledHash)
    if (!here) continue
    shared++
    const theirs = copy.nuclei.of(slide.id)
    const labelled = labelFlags(copy.labels.blocks)
    const wanted = takeNuclei(
      theirs,
      Array.from(theirs.id.keys()).filter((i) => labelled[theirs.id[i]] === 1),
    )
    const ours = project.nuclei.of(here.id)
    const { match } = matchNuclei(ours, wanted)
    const missing: number[] = []
    match.forEach((at, i) => (at < 0 ? missing.push(i) : idOf.set(wanted.id[i], ours.id[at])))
    if (missing.length === 0) continue
    const ids = project.nuclei.append(here.id, takeNuclei(wanted, missing))
    missing.forEach((i, k) => idOf.set(wanted.id[i], ids[k]))
    added += missing.length
  }
  if (shared === 0)
    throw new FailureError(
      'invalid-input',
      `${basename(path)} has no slide in common with this project, so its labels have no nuclei here. Choose copies of one project.`,
    )
  return { idOf, added }
}

function classesHere(project: Project, copy: Project): Map<number, number> {
  const theirs = copy.classes.all()
  const ours = project.classes.ensure(theirs)
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
