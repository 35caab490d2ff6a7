import type { evidence as english } from '../english/evidence.ts'
import type { Translated } from '../sentence.ts'
import { count, decimal, percent, plain, rounded } from './words.ts'

export const evidence: Translated<typeof english> = {
  noEvidence: ({ path }) =>
    `${path} muss ein Nachweis sein, ein .zip, das Karyon geschrieben hat; es ist beschädigt oder etwas anderes.`,
  evidenceNoSlide: () => 'Ein Nachweis braucht ein Präparat, und das Projekt hat keines.',
  evidenceChanged: ({ file }) => `${file} ist nicht mehr so, wie es beim Schreiben des Nachweises war.`,
  evidenceMissing: ({ file }) => `${file} fehlt im Nachweis.`,
  evidenceExtra: ({ file }) => `${file} wurde dem Nachweis hinzugefügt.`,
  evidenceCount: (p) =>
    `${p.slide}: Der Nachweis nennt ${count(p.said[0])} Zellkerne von „${p.class}“, davon ${count(p.said[1])} benannt, seine Tabelle aber ` +
    `${count(p.found[0])} und ${count(p.found[1])}.`,
  evidenceAudit: (p) =>
    `Audit ${p.audit} von ${p.slide}: Der Nachweis nennt ${rounded(p.said)} für „${p.what}“, seine Antworten ergeben aber ${rounded(p.found)}.`,
  evidenceSlide: ({ slide, path }) =>
    `${path} ist nicht die Datei, auf der die Zellkerne von ${slide} gefunden wurden.`,
  evidenceSlideUnseen: ({ slide }) =>
    `${slide} wurde nicht verglichen: Die Datei wurde nicht gefunden oder hatte noch keine Prüfsumme.`,
  evidenceModel: ({ model, path }) => `${path} ist nicht das Modell „${model}“ des Nachweises.`,
  evidenceModelUnseen: ({ model }) => `Das Modell „${model}“ wurde nicht verglichen: Sein Ordner wurde nicht gefunden.`,
  reportTitle: ({ project }) => `Karyon: Bericht zu ${project}`,
  reportMade: (p) =>
    `Erstellt am ${p.created.slice(0, 16).replace('T', ' ')} UTC mit Karyon ${p.karyon}; befundet von: ${p.reader}`,
  reportResearch: () => 'Nur für die Forschung. Nicht für die Diagnose.',
  reportSlide: (p) => `${count(p.width)} × ${count(p.height)} Pixel`,
  reportScale: (p) => `${plain(p.x)} µm je Pixel (${p.source})`,
  reportHash: ({ sha256 }) =>
    sha256 === null ? 'SHA-256 der Datei: noch nicht berechnet' : `SHA-256 der Datei: ${sha256}`,
  reportTissue: ({ area }) => `Gewebe: ${decimal(area, 2)} mm²`,
  reportPart: () => 'Nur ein Teil des Präparats wurde nach Zellkernen durchsucht.',
  reportRun: (p) =>
    `Klassen von ${p.model}, ${p.created.slice(0, 16).replace('T', ' ')} UTC; Benennungen durch Menschen gehen vor`,
  reportNoRun: () => 'Klassen nur durch Menschen; kein Modell hat das Präparat klassifiziert.',
  reportClass: () => 'Klasse',
  reportNuclei: () => 'Zellkerne',
  reportShare: () => 'Anteil',
  reportDensity: () => 'je mm² Gewebe',
  reportLabelled: () => 'Von Menschen benannt',
  reportAll: () => 'Alle',
  reportAudits: () => 'Verblindete Audits',
  reportAudit: (p) =>
    `Audit ${p.audit} von ${p.slide}: ${count(p.answered)} von ${count(p.drawn)} zufällig gezogenen Zellkernen hat ${p.reader} benannt, ohne ihre Klassen zu sehen; begonnen am ${p.begun.slice(0, 16).replace('T', ' ')} UTC`,
  reportAuditOpen: () => 'Nicht beendet, oder zu wenige Zellkerne sind noch da: Es sagt nichts über die Zahlen.',
  reportAuditRight: (p) =>
    `${count(p.nuclei)} von ${count(p.answered)} waren richtig gezeigt (95-%-Bereich: ${percent(100 * p.low)} bis ${percent(100 * p.high)}).`,
  reportAuditStale: () => 'Die Zellkerne des Präparats haben sich seither geändert: Die Anteile gelten für die davor.',
  reportAuditShown: () => 'Gezeigt',
  reportAuditCorrected: () => 'Berichtigter Anteil',
  reportAuditRange: () => '95-%-Bereich',
  reportModels: () => 'Modelle',
  reportUnclassified: () => 'nicht klassifiziert',
  reportCheck: ({ pack }) => `Prüfen Sie diesen Nachweis mit: karyon evidence verify ${pack}`,
}
