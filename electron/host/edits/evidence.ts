import { basename, dirname, relative } from 'node:path'
import { answers, inEnglish, sayIn, unclassified, type Language } from '../../contract/index.ts'
import {
  auditsName,
  csvField,
  exporterOf,
  packEvidence,
  type Entry,
  type Exporter,
  type Manifest,
} from '../../formats/index.ts'
import { Audits } from '../review/audits.ts'
import type { ProjectContext } from '../state/context.ts'
import { slideNames } from '../state/slideNames.ts'
import { projectName } from '../state/paths.ts'
import { exportContent } from './exporting.ts'
import { evidenceReport } from './evidenceReport.ts'

/** Everything that a pack says of a project, and its files. */
export interface Evidence {
  readonly name: string
  readonly pieces: Iterable<Uint8Array>
}

/**
 * Makes an evidence pack of the project as it is now: a report, every nucleus with its class, the log of labels, the
 * models' cards, and a manifest with the hashes of all of them, of the slides and of the models.
 */
export async function makeEvidence(context: ProjectContext, language: Language): Promise<Evidence> {
  const { project, models, version } = context
  const created = new Date().toISOString()
  const slides = []
  for (const slide of project.slides.all()) slides.push(await describeSlide(context, slide.id))
  const used = new Set([models.active()?.id, ...project.runs.all().map(({ modelId }) => modelId)])
  const told = models.all().filter(({ id }) => used.has(id))
  const about: Omit<Manifest, 'files'> = {
    format: 'karyon-evidence',
    version: 1,
    karyon: version,
    created,
    project: projectName(project.path),
    reader: context.reader(),
    slides,
    models: told.map(({ id, title, weightsHash, lineage, metric }) => ({
      ...{ id, title, weightsHash, lineage, metric },
      inUse: id === models.active()?.id,
    })),
    audits: describeAudits(context),
  }
  const name = `${about.project}-evidence-${created.slice(0, 10)}.zip`
  const entries: Entry[] = [
    { name: 'report.html', content: [evidenceReport(about, name, (said) => sayIn(language, said), language)] },
    { name: 'labels.csv', content: labelLog(context) },
    { name: auditsName, content: auditTable(context) },
    ...slides.flatMap(({ id, nuclei }) => [
      { name: nuclei, content: lazily(() => exportContent(context, id, exporterOf('csv'))) },
      {
        name: nuclei.replace(/\.csv$/, '.geojson'),
        content: lazily(() => exportContent(context, id, exporterOf('geojson'))),
      },
    ]),
    ...told.map(({ id, card }) => ({ name: `models/${id}.md`, content: [card] })),
  ]
  return { name, pieces: packEvidence(about, entries) }
}

/** Makes the content only when it is read, so that the nuclei of one slide at a time are in memory. */
function* lazily(make: () => ReturnType<Exporter['content']>): Generator<string | Uint8Array> {
  const content = make()
  if (!(Symbol.iterator in content)) throw new Error('Tables and GeoJSON are made at once.')
  yield* content
}

async function describeSlide(context: ProjectContext, slideId: number): Promise<Manifest['slides'][number]> {
  const { project, views, tissue } = context
  const { info, absolutePath, fullHash, searched, activeRunId } = project.slides.get(slideId)
  const names = new Map(project.classes.all().map(({ id, name }) => [id, name]))
  const { area } = await tissue.outlines(slideId).catch(() => ({ area: null }))
  const run = activeRunId === null ? null : project.runs.get(activeRunId)
  const counts = [...views.counts(slideId).byClass()].map(([classId, { nuclei, labelled }]) => {
    // The table has no name for answers that are not classes.
    const name = classId === unclassified ? '' : (names.get(classId) ?? '')
    return { class: name, nuclei, labelled }
  })
  const joined = new Map<string, Manifest['slides'][number]['counts'][number]>()
  for (const one of counts) {
    const before = joined.get(one.class) ?? { class: one.class, nuclei: 0, labelled: 0 }
    const { nuclei, labelled } = before
    joined.set(one.class, { class: one.class, nuclei: nuclei + one.nuclei, labelled: labelled + one.labelled })
  }
  const name = basename(absolutePath)
  return {
    id: slideId,
    name,
    path: relative(dirname(project.path), absolutePath).replaceAll('\\', '/'),
    width: info.width,
    height: info.height,
    sha256: fullHash,
    mpp: info.mpp ? { x: info.mpp.x, y: info.mpp.y, source: info.mpp.source } : null,
    searched: searched === null ? 'whole' : searched.length > 0 ? 'part' : 'not',
    tissueMm2: area,
    run: run && { modelId: run.modelId, modelTitle: run.modelTitle, created: run.created },
    counts: [...joined.values()],
    nuclei: `slides/${slideId}-${name.replace(/\.[^.]+$/, '').replaceAll(/[^\p{L}\p{N}._-]/gu, '_')}.csv`,
  }
}

/** Returns the name of a class or of an answer that is none, as the tables of audits have it. */
function classNamer({ project }: ProjectContext): (classId: number) => string {
  const names = new Map(project.classes.all().map(({ id, name }) => [id, name]))
  const others = new Map([
    [unclassified, 'unclassified'],
    [answers.notSure, 'not sure'],
    [answers.badOutline, 'bad outline'],
  ])
  return (classId) => names.get(classId) ?? others.get(classId) ?? `class ${classId}`
}

function describeAudits(context: ProjectContext): Manifest['audits'] {
  const nameOf = classNamer(context)
  const slides = slideNames(context.project)
  return new Audits(context).records().map((record, k) => {
    const { slideId, reader, begun, isFinished, sample, shown, result, answers: order } = record
    return {
      ...{ audit: k + 1, slideId, slide: slides.get(slideId) ?? '', reader, begun, isFinished },
      drawn: sample.length,
      answered: sample.filter(({ answer }) => answer !== null).length,
      shown: shown.map(({ classId, nuclei }) => ({ class: nameOf(classId), nuclei })),
      result: result && {
        ...{ ended: result.ended, seconds: result.seconds, isStale: result.isStale },
        right: result.same,
        fractions: order.flatMap((classId) => {
          const one = result.classes.find((c) => c.classId === classId)
          return one ? [{ class: nameOf(classId), mean: one.mean, low: one.low, high: one.high }] : []
        }),
      },
    }
  })
}

/** Yields every nucleus that was drawn for an audit, one row each: what was shown, and what the reader answered. */
function* auditTable(context: ProjectContext): Generator<string> {
  yield 'audit,slide,reader,begun,nucleus,shown,answer,time\r\n'
  const nameOf = classNamer(context)
  for (const [k, { slideId, reader, begun, sample }] of new Audits(context).records().entries())
    for (const { id, shown, answer, time } of sample) {
      const said = answer === null ? '' : nameOf(answer)
      const fields = [k + 1, slideId, csvField(reader), begun, id, csvField(nameOf(shown)), csvField(said), time ?? '']
      yield fields.join(',') + '\r\n'
    }
}

/** Yields every label that was given, changed or taken back, one row each, in the order of the log. */
function* labelLog({ project }: ProjectContext): Generator<string> {
  yield 'step,time,reader,what,reason,undone,nucleus,before,after\r\n'
  const names = new Map(project.classes.all().map(({ id, name }) => [id, name]))
  const nameOf = (classId: number) => (classId === unclassified ? '' : (names.get(classId) ?? String(classId)))
  for (const { id, time, reader, title, reason, undone } of project.log.steps(2 ** 31)) {
    const { labels } = project.log.changesOf(id)
    if (!labels) continue
    const step = [String(id), time, csvField(reader), csvField(inEnglish(title)), csvField(reason), undone ? '1' : '0']
    for (const [k, nucleus] of labels.ids.entries())
      yield (
        [...step, String(nucleus), csvField(nameOf(labels.before[k])), csvField(nameOf(labels.after[k]))].join(',') +
        '\r\n'
      )
  }
}
