import { message, type Language, type Message } from '../../contract/index.ts'
import type { Manifest } from '../../formats/index.ts'

/** Returns the report of an evidence pack as one HTML page without scripts, which prints on A4. */
export function evidenceReport(
  about: Omit<Manifest, 'files'>,
  pack: string,
  say: (said: Message) => string,
  language: Language,
): string {
  const number = new Intl.NumberFormat(language === 'de' ? 'de' : 'en')
  const paragraph = (said: Message) => `<p>${escaped(say(said))}</p>`
  const slide = (one: Manifest['slides'][number]) => {
    const all = one.counts.reduce((sum, { nuclei }) => sum + nuclei, 0)
    const labelled = one.counts.reduce((sum, count) => sum + count.labelled, 0)
    const row = (name: string, nuclei: number, byPeople: number) =>
      `<tr><th>${escaped(name)}</th>` +
      [
        number.format(nuclei),
        all > 0 ? `${((100 * nuclei) / all).toFixed(1)} %` : '',
        one.tissueMm2 ? number.format(Math.round(nuclei / one.tissueMm2)) : '',
        number.format(byPeople),
      ]
        .map((cell) => `<td>${cell}</td>`)
        .join('') +
      '</tr>'
    const heads = ['reportClass', 'reportNuclei', 'reportShare', 'reportDensity', 'reportLabelled'] as const
    return [
      `<h2>${escaped(one.name)}</h2>`,
      paragraph(message('reportSlide', { width: one.width, height: one.height })),
      ...(one.mpp ? [paragraph(message('reportScale', { x: one.mpp.x, source: one.mpp.source }))] : []),
      ...(one.tissueMm2 ? [paragraph(message('reportTissue', { area: one.tissueMm2 }))] : []),
      ...(one.searched === 'part' ? [paragraph(message('reportPart'))] : []),
      paragraph(
        one.run
          ? message('reportRun', { model: one.run.modelTitle, created: one.run.created })
          : message('reportNoRun'),
      ),
      `<table><thead><tr>${heads.map((key) => `<th>${escaped(say(message(key)))}</th>`).join('')}</tr></thead><tbody>`,
      ...one.counts
        .toSorted((a, b) => b.nuclei - a.nuclei)
        .map((c) => row(c.class || say(message('reportUnclassified')), c.nuclei, c.labelled)),
      `</tbody><tfoot>${row(say(message('reportAll')), all, labelled)}</tfoot></table>`,
      `<p class="hash">${escaped(say(message('reportHash', { sha256: one.sha256 })))}</p>`,
    ].join('\n')
  }
  const share = (part: number) => `${number.format(Math.round(1000 * part) / 10)} %`
  const cells = (values: readonly string[]) => values.map((value) => `<td>${escaped(value)}</td>`).join('')
  const audit = ({ result, ...one }: Manifest['audits'][number]) => {
    const { audit: n, slide: ofSlide, reader: by, begun, drawn, answered } = one
    const about = paragraph(message('reportAudit', { audit: n, slide: ofSlide, reader: by, begun, drawn, answered }))
    if (!result) return [about, paragraph(message('reportAuditOpen'))].join('\n')
    const shown = (name: string) => one.shown.find((count) => count.class === name)?.nuclei ?? 0
    const heads = ['reportClass', 'reportAuditShown', 'reportAuditCorrected', 'reportAuditRange'] as const
    return [
      about,
      paragraph(message('reportAuditRight', { ...result.right, answered })),
      ...(result.isStale ? [paragraph(message('reportAuditStale'))] : []),
      `<table><thead><tr>${heads.map((key) => `<th>${escaped(say(message(key)))}</th>`).join('')}</tr></thead><tbody>`,
      ...result.fractions.map(
        ({ class: name, mean, low, high }) =>
          `<tr><th>${escaped(name)}</th>${cells([number.format(shown(name)), share(mean), `${share(low)} – ${share(high)}`])}</tr>`,
      ),
      '</tbody></table>',
    ].join('\n')
  }
  const { project, created, karyon, reader } = about
  const title = escaped(say(message('reportTitle', { project })))
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<title>${title}</title>
<style>
body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 11pt/1.4 system-ui, sans-serif; color: #111; }
h1 { font-size: 16pt; } h2 { margin-top: 1.6em; font-size: 13pt; } p { margin: .2em 0; }
table { margin: .6em 0; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2em .8em .2em 0; text-align: right; } th:first-child { text-align: left; }
thead th { border-bottom: 1px solid #888; font-weight: 600; } tbody th { font-weight: 400; } tfoot { border-top: 1px solid #888; }
.hash { font-size: 9pt; color: #444; overflow-wrap: anywhere; } .research { margin-top: 2em; font-weight: 600; }
@page { size: A4; margin: 18mm; } @media print { body { margin: 0; } h2 { break-after: avoid; } table { break-inside: avoid; } }
</style>
<h1>${title}</h1>
${paragraph(message('reportMade', { created, karyon, reader }))}
${about.slides.map(slide).join('\n')}
${about.audits.length > 0 ? `<h2>${escaped(say(message('reportAudits')))}</h2>` : ''}
${about.audits.map(audit).join('\n')}
<h2>${escaped(say(message('reportModels')))}</h2>
${about.models.map((model) => `<p>${escaped(model.title)}</p><p class="hash">${escaped(model.id)} · ${model.weightsHash}</p>`).join('\n')}
${paragraph(message('reportCheck', { pack }))}
<p class="research">${escaped(say(message('reportResearch')))}</p>
</html>
`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character])
