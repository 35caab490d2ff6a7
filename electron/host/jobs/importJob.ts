import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { classColours, message, type LeftOutCount, type Message } from '../../contract/index.ts'
import { packImportedData, packRun, toUint16, type PackedPiece, type StepChanges } from '../../store/index.ts'
import type { ProjectContext } from '../state/context.ts'
import type { JobWork } from '../state/jobQueue.ts'
import { importedClasses } from '../state/slideViews.ts'
import type { Imported, MergeResult } from './merging.ts'
import { mergeInThread } from './mergeJob.ts'

export interface ImportOptions {
  /** Treats the classes as a person's labels. Where a file says which classes a person gave, only those are. */
  readonly asLabels: boolean
  readonly reader: string
  readonly signal: AbortSignal
  /** True: small files are merged without a thread of their own (see MergeStep). */
  readonly isSmall?: boolean
}

export interface ImportResult {
  /** Nuclei with an outline that were read. */
  readonly nuclei: number
  readonly labels: number
  /** Dots of which the class went to the nucleus at their place. */
  readonly dots: number
  readonly skipped: readonly (LeftOutCount & { readonly file: string })[]
  readonly notes: readonly Message[]
}

/** Files of so many bytes in all are worth a thread. */
const smallBytes = 50e6

/** Imports nuclei from another tool's file as one undoable step. */
export function importWork(
  context: ProjectContext,
  slideId: number,
  path: string,
  asLabels: boolean,
  reader: string,
): JobWork {
  return async ({ signal }) => {
    const { nuclei, labels, dots, skipped, notes } = await importFiles(context, slideId, [path], {
      asLabels,
      reader,
      signal,
    })
    const left = skipped.map(({ reason, count }) => ({ reason, count }))
    return message('imported', { nuclei, labels: asLabels ? labels : null, dots, left, notes })
  }
}

/**
 * Imports nuclei from other tools' files into a slide as one named, undoable step: outlines, and what the files say of
 * their classes. A class becomes a label with `asLabels`, otherwise a prediction in a run of its own, named after the
 * file, because nothing says that a person gave it. Ids and measurements are kept for export. A dot gives its class to
 * the nucleus at its place. Throws the failures of reading the files; the slide is then unchanged.
 */
export async function importFiles(
  context: ProjectContext,
  slideId: number,
  paths: readonly string[],
  { asLabels, reader, signal, isSmall }: ImportOptions,
): Promise<ImportResult> {
  const { info, absolutePath } = context.project.slides.get(slideId)
  const bytes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  const file = paths.length === 1 ? basename(paths[0]) : `${basename(paths[0])} … (${paths.length})`
  const size = { width: info.width, height: info.height, mpp: info.mpp, name: basename(absolutePath) }
  let labels = 0
  const { ids, imported, skipped, notes } = await mergeInThread(
    context,
    slideId,
    { kind: 'import', paths, size },
    signal,
    {
      reader,
      isSmall: isSmall === true && bytes.reduce((sum, n) => sum + n, 0) < smallBytes,
      title: () => message('stepImported', { file }),
      count: (result) => result.ids.length,
      // The file does not say where the other tool searched, so the whole slide counts as searched.
      searched: null,
      async changes(result) {
        const change = await prepareChanges(context, slideId, result, file, asLabels)
        return () => {
          const changes = change()
          labels = changes.labels?.ids.length ?? 0
          return changes
        }
      },
    },
  )
  const dotIds = imported?.dotIds ?? new Uint32Array(0)
  const dots = dotIds.reduce((n, id) => n + (id ? 1 : 0), 0)
  const unmatched = dotIds.length - dots
  return {
    nuclei: ids.length,
    labels,
    dots,
    skipped: unmatched > 0 ? [...skipped, { file, reason: 'dotsUnmatched' as const, count: unmatched }] : skipped,
    notes,
  }
}

/**
 * Prepares what the files say besides outlines: packed, because for millions of nuclei that takes the host's thread for
 * seconds. Returns what stores it and says what the step changes of labels and shown runs.
 */
async function prepareChanges(
  { project }: ProjectContext,
  slideId: number,
  { ids, since, imported }: MergeResult,
  file: string,
  asLabels: boolean,
): Promise<() => Pick<StepChanges, 'labels' | 'accepted'>> {
  if (!imported) return () => ({})
  const data = await packImportedData({ id: ids, since, uuid: imported.uuid, measurements: imported.measurements })
  const all = classed(imported, ids)
  await turn()
  const versions = sinceOf(project, slideId, all, ids, since)
  const at = upTo(all.id.length)
  const labelled = asLabels ? at.filter((k) => all.isLabel[k] === 1) : new Uint32Array(0)
  const predicted = asLabels ? at.filter((k) => all.isLabel[k] === 0) : at
  const run = predicted.length > 0 ? await prepareRun(project, all, versions, predicted, imported) : undefined
  return () => {
    project.imported.append(slideId, data)
    const own = project.classes.forImport(imported.classes).map(({ id }) => id)
    takeColours(project, imported.classes, own)
    return {
      ...(labelled.length > 0 && {
        labels: project.labels.changes(
          labelled.map((k) => all.id[k]),
          labelled.map((k) => own[all.classIndex[k]]),
        ),
      }),
      ...(run && { accepted: showAsRun(project, slideId, run, imported, file) }),
    }
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/**
 * Gives the classes of a project without nuclei the colours of the first file: nobody has worked with others yet. A colour
 * that the file does not give, and that was only filled in, is left.
 */
function takeColours(
  { classes, slides }: ProjectContext['project'],
  given: Imported['classes'],
  own: readonly number[],
): void {
  if (slides.all().some(({ nuclei }) => nuclei > 0)) return
  given.forEach(({ color }, c) => {
    if (color !== classColours[c % classColours.length]) classes.change({ id: own[c], color })
  })
}

/** The nuclei that files give a class, as columns: outlines, then those at dots. */
interface Classed {
  readonly id: Uint32Array
  /** Index into the files' classes. */
  readonly classIndex: Int16Array
  /** Row of the file's probabilities; −1 for a dot. */
  readonly row: Int32Array
  /** 0 if the file says that no person gave the class. */
  readonly isLabel: Uint8Array
}

/** Returns the version of the outline of each nucleus: of a dot's, that of the slide's nucleus at its place. */
function sinceOf(
  { nuclei }: ProjectContext['project'],
  slideId: number,
  { id, row }: Classed,
  ids: Uint32Array,
  since: Uint32Array,
): Uint32Array {
  const versions = new Uint32Array(row.length)
  for (let k = 0; k < row.length; k++) if (row[k] >= 0) versions[k] = since[row[k]]
  if (!row.includes(-1)) return versions
  // The slide's nuclei are still those before the import, so the imported ones are added.
  const heads = nuclei.heads(slideId)
  const known = new Map(Array.from(heads.id, (one, i) => [one, heads.since[i]]))
  ids.forEach((one, i) => known.set(one, since[i]))
  row.forEach((i, k) => {
    if (i < 0) versions[k] = known.get(id[k]) ?? 0
  })
  return versions
}

/** Returns 0, 1, … n − 1. */
function upTo(n: number): Uint32Array {
  const numbers = new Uint32Array(n)
  for (let i = 0; i < n; i++) numbers[i] = i
  return numbers
}

/** Returns the nuclei that get a class. One that an outline and a dot name has the outline's. */
function classed({ classIndex, labelled, dots, dotIds }: Imported, ids: Uint32Array): Classed {
  const outlines = upTo(classIndex.length).filter((i) => classIndex[i] >= 0)
  const named = new Set(dotIds.length > 0 ? Array.from(outlines, (i) => ids[i]) : [])
  const at = upTo(dotIds.length).filter((d) => dotIds[d] !== 0 && dots.classIndex[d] >= 0 && !named.has(dotIds[d]))
  const count = outlines.length + at.length
  const all = {
    id: new Uint32Array(count),
    classIndex: new Int16Array(count),
    row: new Int32Array(count).fill(-1),
    isLabel: new Uint8Array(count).fill(1),
  }
  for (let k = 0; k < outlines.length; k++) {
    const i = outlines[k]
    all.id[k] = ids[i]
    all.classIndex[k] = classIndex[i]
    all.row[k] = i
    if (labelled) all.isLabel[k] = labelled[i]
  }
  at.forEach((d, j) => {
    const k = outlines.length + j
    all.id[k] = dotIds[d]
    all.classIndex[k] = dots.classIndex[d]
    if (dots.labelled) all.isLabel[k] = dots.labelled[d]
  })
  return all
}

/** The files' classes as a run that is ready to be stored. */
interface PreparedRun {
  readonly id: Uint32Array
  readonly pieces: readonly PackedPiece[]
  /** A name of the files for each of the run's classes. */
  readonly names: readonly string[]
}

/**
 * Packs the classes of the nuclei at `index` as a run. Probabilities are the file's if it gives them for the class, else
 * 1. Names that stand for one class of the project share a column.
 */
async function prepareRun(
  project: ProjectContext['project'],
  all: Classed,
  since: Uint32Array,
  index: Uint32Array,
  { classes, probabilities, probabilityClasses = [] }: Imported,
): Promise<PreparedRun> {
  const keyOf = (name: string) => project.classes.matching(name)?.id ?? name
  const used = new Set<number>()
  for (const k of index) used.add(all.classIndex[k])
  const names = new Map<string | number, string>()
  for (const name of [...[...used].map((c) => classes[c].name), ...probabilityClasses])
    if (!names.has(keyOf(name))) names.set(keyOf(name), name)
  const columns = new Map([...names.keys()].map((key, column) => [key, column]))
  const columnOf = (name: string) => columns.get(keyOf(name)) ?? 0
  const [own, given] = [classes.map(({ name }) => columnOf(name)), probabilityClasses.map(columnOf)]
  const width = names.size
  const run = {
    id: new Uint32Array(index.length),
    since: new Uint32Array(index.length),
    probability: new Uint16Array(index.length * width),
  }
  const row = new Float64Array(width)
  for (let n = 0; n < index.length; n++) {
    const k = index[n]
    const column = own[all.classIndex[k]]
    run.id[n] = all.id[k]
    run.since[n] = since[k]
    const from = all.row[k] * given.length
    let best = probabilities && from >= 0 ? 0 : -1
    for (let c = 1; best >= 0 && c < given.length; c++)
      if (probabilities![from + c] > probabilities![from + best]) best = c
    row.fill(0)
    // The class that is shown counts, and it may be a person's against the model's.
    if (best >= 0 && given[best] === column) given.forEach((to, c) => (row[to] += probabilities![from + c]))
    else row[column] = 1
    for (let c = 0; c < width; c++) run.probability[n * width + c] = toUint16(row[c])
    if (n % turnAfter === turnAfter - 1) await turn()
  }
  return { id: run.id, pieces: await packRun(run), names: [...names.values()] }
}

/** So many nuclei take about ten milliseconds. */
const turnAfter = 65_536

/**
 * Stores a prepared run and returns the change that shows it: for all nuclei of a slide without a run, else for those of
 * the file.
 */
function showAsRun(
  project: ProjectContext['project'],
  slideId: number,
  { id, pieces, names }: PreparedRun,
  { probabilities }: Imported,
  file: string,
): StepChanges['accepted'] {
  const runId = project.runs.create({
    slideId,
    modelId: probabilities ? 'imported probabilities' : importedClasses,
    modelTitle: file,
    classes: project.classes
      .forImport(names.map((name) => ({ name })))
      .map((one) => ({ name: one.name, classId: one.id })),
    nucleiVersion: project.nuclei.version(slideId),
  })
  project.runs.fill(runId, pieces)
  const isFirst = project.acceptance.shownRuns(slideId).runId === null
  return project.acceptance.change(slideId, runId, isFirst ? null : id)
}
