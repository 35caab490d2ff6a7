import type { Room } from '../sentence.ts'
import { count, decimal, percent, plain, rounded } from './words.ts'

/** Evidence packs: their report, and what their check says. */
export const evidence = {
  noEvidence: ({ path }: { path: string }) =>
    `${path} must be an evidence pack, a .zip that Karyon wrote; it is damaged or something else.`,
  evidenceNoSlide: () => 'An evidence pack needs a slide, and the project has none.',
  evidenceChanged: ({ file }: { file: string }) => `${file} is not as it was when the pack was made.`,
  evidenceMissing: ({ file }: { file: string }) => `${file} is missing from the pack.`,
  evidenceExtra: ({ file }: { file: string }) => `${file} was added to the pack.`,
  evidenceCount: (p: { slide: string; class: string; said: readonly number[]; found: readonly number[] }) =>
    `${p.slide}: the pack says ${count(p.said[0])} nuclei of "${p.class}", ${count(p.said[1])} labelled, but its table has ` +
    `${count(p.found[0])} and ${count(p.found[1])}.`,
  /** `what`: a class, or one of the audit's own numbers (drawn, answered, right). */
  evidenceAudit: (p: { slide: string; audit: number; what: string; said: number; found: number }) =>
    `Audit ${p.audit} of ${p.slide}: the pack says ${rounded(p.said)} for “${p.what}”, but its answers give ${rounded(p.found)}.`,
  evidenceSlide: ({ slide, path }: { slide: string; path: string }) =>
    `${path} is not the file that the nuclei of ${slide} were found on.`,
  evidenceSlideUnseen: ({ slide }: { slide: string }) =>
    `${slide} was not compared: its file was not found, or it had no hash yet.`,
  evidenceModel: ({ model, path }: { model: string; path: string }) =>
    `${path} is not the model "${model}" of the pack.`,
  evidenceModelUnseen: ({ model }: { model: string }) =>
    `The model "${model}" was not compared: its folder was not found.`,
  reportTitle: ({ project }: { project: string }) => `Karyon: report on ${project}`,
  reportMade: (p: { created: string; karyon: string; reader: string }) =>
    `Made ${p.created.slice(0, 16).replace('T', ' ')} UTC by Karyon ${p.karyon}; reader: ${p.reader}`,
  reportResearch: () => 'For research use only. Not for diagnosis.',
  reportSlide: (p: { width: number; height: number }) => `${count(p.width)} × ${count(p.height)} pixels`,
  reportScale: (p: { x: number; source: string }) => `${plain(p.x)} µm per pixel (${p.source})`,
  reportHash: ({ sha256 }: { sha256: string | null }) =>
    sha256 === null ? 'SHA-256 of the file: not computed yet' : `SHA-256 of the file: ${sha256}`,
  reportTissue: ({ area }: { area: number }) => `Tissue: ${decimal(area, 2)} mm²`,
  reportPart: () => 'Only a part of the slide was searched for nuclei.',
  reportRun: (p: { model: string; created: string }) =>
    `Classes by ${p.model}, ${p.created.slice(0, 16).replace('T', ' ')} UTC; people’s labels come first`,
  reportNoRun: () => 'Classes by people alone; no model has classified the slide.',
  reportClass: () => 'Class',
  reportNuclei: () => 'Nuclei',
  reportShare: () => 'Share',
  reportDensity: () => 'per mm² of tissue',
  reportLabelled: () => 'Labelled by people',
  reportAll: () => 'All',
  reportAudits: () => 'Blind audits',
  reportAudit: (p: { audit: number; slide: string; reader: string; begun: string; drawn: number; answered: number }) =>
    `Audit ${p.audit} of ${p.slide}: ${count(p.answered)} of ${count(p.drawn)} nuclei drawn at random were labelled by ${p.reader} without seeing their classes; begun ${p.begun.slice(0, 16).replace('T', ' ')} UTC`,
  reportAuditOpen: () => 'Not finished, or too few nuclei are left: it says nothing about the counts.',
  reportAuditRight: (p: { nuclei: number; answered: number; low: number; high: number }) =>
    `${count(p.nuclei)} of ${count(p.answered)} were shown right (95 % interval: ${percent(100 * p.low)} to ${percent(100 * p.high)}).`,
  reportAuditStale: () => 'The nuclei of the slide have changed since: the fractions are of those before.',
  reportAuditShown: () => 'Shown',
  reportAuditCorrected: () => 'Corrected share',
  reportAuditRange: () => '95 % interval',
  reportModels: () => 'Models',
  reportUnclassified: () => 'unclassified',
  reportCheck: ({ pack }: { pack: string }) => `Check this pack with: karyon evidence verify ${pack}`,
} satisfies Room
