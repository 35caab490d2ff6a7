import { relative, dirname } from 'node:path'
import { inEnglish, unclassified, type AuditResult } from '../../contract/index.ts'
import { csvTable } from '../../formats/index.ts'
import { batchEntries, type BatchEntry } from '../jobs/batch.ts'
import { Audits } from '../review/audits.ts'
import type { ProjectContext } from '../state/context.ts'
import { slideNames } from '../state/slideNames.ts'
import { countsOf } from './filter.ts'

/** A row of the table: its cells by column. */
export type Row = Record<string, string | number | null | undefined>

/** The columns of a table in their order, and its rows. */
export interface ResultRows {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** Returns the results of all slides of a project as CSV (csvTable): see resultRows. */
export async function resultsTable(context: ProjectContext): Promise<string> {
  const { columns, rows } = await resultRows(context)
  return csvTable(columns, rows)
}

/**
 * Returns one row for each slide of a project, also of those that a batch could not open: scale and its source, tissue,
 * nuclei, and of each class the number, the share, its range and the density. What is not known is empty, and `range` says
 * in words what the ranges are.
 */
export async function resultRows(context: ProjectContext): Promise<ResultRows> {
  const { project } = context
  const entries = batchEntries(project)
  const names = slideNames(project)
  const rows: Row[] = []
  for (const { id, absolutePath } of project.slides.all())
    rows.push(await slideRow(context, id, names.get(id) ?? '', entries.get(absolutePath)))
  const known = new Set(project.slides.all().map(({ absolutePath }) => absolutePath))
  for (const [path, { failure }] of entries)
    if (failure && !known.has(path))
      rows.push({ slide: path.split(/[\\/]/).at(-1), path: fromProject(context, path), failure: inEnglish(failure) })
  const classes = project.classes.all().map(({ name }) => name)
  const columns = [
    ...['slide', 'path', 'width_px', 'height_px', 'um_per_px_x', 'um_per_px_y', 'um_per_px_source', 'searched'],
    ...['tissue_mm2', 'nuclei', 'outside_tissue', 'labelled', 'uncertain', 'unclassified', 'nuclei_per_mm2'],
    ...classes.flatMap((name) =>
      ['n', 'share', 'corrected', 'low', 'high', 'per_mm2'].map((what) => `${what}(${name})`),
    ),
    ...['range', 'model', 'model_sha256', 'classified', 'seconds_finding', 'seconds_classifying', 'doubts', 'failure'],
  ]
  return { columns, rows }
}

const fromProject = ({ project }: ProjectContext, path: string): string =>
  relative(dirname(project.path), path).replaceAll('\\', '/')

const seconds = (value: number | null | undefined) => (typeof value === 'number' ? figures(value, 3) : null)
const figures = (value: number, digits: number): number => Number(value.toPrecision(digits))

/** What the ranges of a row are. */
const rangeOf = {
  audit: ({ nuclei, reader, ended }: AuditResult) =>
    `95% interval of the corrected share, from a blind audit of ${nuclei} nuclei by ${reader}, ${ended.slice(0, 10)}`,
  uncertain:
    'no audit: from the share of the sure nuclei alone to that with every uncertain nucleus of the slide counted in; not a confidence interval',
}

async function slideRow(
  context: ProjectContext,
  slideId: number,
  slide: string,
  entry: BatchEntry | undefined,
): Promise<Row> {
  const { project, tissue, models } = context
  const { info, absolutePath, searched, activeRunId, nuclei } = project.slides.get(slideId)
  const run = activeRunId === null ? null : project.runs.get(activeRunId)
  const isWhole = searched === null
  // Densities are of tissue, and only where all of it was searched. A slide that is away has no tissue that can be seen.
  const area = await tissue.outlines(slideId).then(
    (found) => found.area,
    () => null,
  )
  const inTissue = area
    ? new Map(countsOf(context, slideId, { tissue: true }).map((one) => [one.classId, one.nuclei]))
    : null
  const perMm2 = (n: number | undefined) => (area && isWhole && nuclei > 0 ? figures((n ?? 0) / area, 4) : null)
  const counts = countsOf(context, slideId)
  const all = counts.reduce((n, one) => n + one.nuclei, 0)
  const uncertain = counts.reduce((n, one) => n + one.uncertain, 0)
  const { result } = new Audits(context).report(slideId)
  const audit = result && !result.isStale ? result : null
  const isDone = isWhole && all > 0 && run !== null && run.complete
  const row: Row = {
    slide,
    path: fromProject(context, absolutePath),
    width_px: info.width,
    height_px: info.height,
    um_per_px_x: info.mpp?.x,
    um_per_px_y: info.mpp?.y,
    um_per_px_source: info.mpp?.source,
    searched: isWhole ? (nuclei > 0 ? 'whole' : '') : searched.length > 0 ? 'part' : 'not',
    tissue_mm2: area === null ? null : figures(area, 5),
    nuclei: all,
    outside_tissue: nuclei - all,
    labelled: counts.reduce((n, one) => n + one.labelled, 0),
    uncertain: run ? uncertain : null,
    unclassified: counts.find(({ classId }) => classId === unclassified)?.nuclei ?? 0,
    nuclei_per_mm2: perMm2(inTissue ? [...inTissue.values()].reduce((a, b) => a + b, 0) : undefined),
    range: all === 0 ? '' : audit ? rangeOf.audit(audit) : run ? rangeOf.uncertain : '',
    model: run?.modelTitle,
    model_sha256: models.all().find(({ id }) => id === run?.modelId)?.weightsHash,
    classified: run?.created,
    seconds_finding: seconds(entry?.findSeconds),
    seconds_classifying: seconds(entry?.classifySeconds),
    doubts: entry?.doubts.map(inEnglish).join(' '),
    // What failed once and was done later is no failure any more.
    failure: entry?.failure && !isDone ? inEnglish(entry.failure) : '',
  }
  for (const { id, name } of project.classes.all()) {
    const own = counts.find(({ classId }) => classId === id) ?? { nuclei: 0, uncertain: 0 }
    const corrected = audit?.classes.find(({ classId }) => classId === id)
    row[`n(${name})`] = own.nuclei
    row[`share(${name})`] = all > 0 ? figures(own.nuclei / all, 4) : null
    row[`corrected(${name})`] = corrected ? figures(corrected.mean, 4) : null
    const range =
      corrected ??
      (run && all > 0
        ? { low: (own.nuclei - own.uncertain) / all, high: (own.nuclei - own.uncertain + uncertain) / all }
        : null)
    row[`low(${name})`] = range ? figures(range.low, 4) : null
    row[`high(${name})`] = range ? figures(range.high, 4) : null
    row[`per_mm2(${name})`] = perMm2(inTissue?.get(id))
  }
  return row
}
