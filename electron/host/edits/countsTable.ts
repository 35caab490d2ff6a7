import { answers, message, sayIn, type ClassCountRow, type Language, type Message } from '../../contract/index.ts'
import { countRange } from '../../../models/statistics/countRange.ts'
import { csvField } from '../../formats/annotations/export/csv.ts'
import type { Audits } from '../review/audits.ts'
import type { ProjectContext } from '../state/context.ts'
import { slideNames } from '../state/slideNames.ts'
import { countsOf } from './filter.ts'

/** Without it, Excel takes the file for the system's old character set. */
const byteOrderMark = '\uFEFF'
const columns = [
  ...['place', 'class', 'nuclei', 'nuclei_least', 'nuclei_most', 'fraction', 'fraction_least', 'fraction_most'],
  ...['uncertain', 'labelled_by_human', 'audit_fraction', 'audit_low', 'audit_high', 'least_and_most', 'audit'],
]

/**
 * Returns how many nuclei of each class a slide and each of its regions of interest have, as CSV (RFC 4180) with the
 * ranges of the counts (models/statistics/countRange.ts) and, for the slide, the corrected fractions of an audit whose
 * nuclei are still those of the slide. The last two columns say in words what the ranges are.
 */
export function countsTable(context: ProjectContext, audits: Audits, slideId: number, language: Language): string {
  const { project } = context
  const [separator, decimal] = language === 'de' ? ([';', ','] as const) : ([',', '.'] as const)
  const say = (what: Message) => sayIn(language, what)
  const number = (v: number) => String(Number(v.toFixed(5))).replace('.', decimal)
  const { result } = audits.report(slideId)
  const audit = result && !result.isStale ? result : null
  const names = new Map([
    ...project.classes.all().map(({ id, name }) => [id, name] as const),
    [0, ''],
    [answers.notSure, say(message('countNotSure'))],
    [answers.badOutline, say(message('countBadOutline'))],
  ])
  const rowsOf = (place: string, counts: readonly ClassCountRow[], isSlide: boolean) => {
    const all = counts.reduce((sum, { nuclei }) => sum + nuclei, 0)
    return counts.map((one) => {
      const { low, high } = countRange(one)
      const share = (n: number) => (all > 0 ? number(n / all) : '')
      const audited = isSlide ? audit?.classes.find(({ classId }) => classId === one.classId) : undefined
      return [
        ...[place, names.get(one.classId) ?? String(one.classId), number(one.nuclei), number(low), number(high)],
        ...[share(one.nuclei), share(low), share(high), number(one.uncertain), number(one.labelled)],
        ...(audited ? [audited.mean, audited.low, audited.high].map(number) : ['', '', '']),
        say(message('countRangeIs')),
        audited ? say(message('countAuditIs', { nuclei: audit?.nuclei ?? 0 })) : '',
      ]
    })
  }
  const regions = project.regions.all().filter((one) => one.slideId === slideId && one.kind === 'interest')
  const rows = [
    columns,
    ...rowsOf(slideNames(project).get(slideId) ?? '', countsOf(context, slideId), true),
    ...regions.flatMap(({ id, name }) => rowsOf(name, countsOf(context, slideId, { regionId: id }), false)),
  ]
  return byteOrderMark + rows.map((row) => row.map((v) => csvField(v, separator)).join(separator) + '\r\n').join('')
}
