import type { rescue as english } from '../english/rescue.ts'
import { capitalised, firstOf } from '../numbers.ts'
import type { Translated } from '../sentence.ts'
import { count, nuclei } from './words.ts'

/** Tables of a project: what a row of each is called, alone, many, and with its article. */
const rows = {
  setting: ['eine Einstellung', 'Einstellungen', 'die Einstellung'],
  class: ['eine Klasse', 'Klassen', 'die Klasse'],
  model: ['ein Modell', 'Modelle', 'das Modell'],
  slide: ['ein Präparat', 'Präparate', 'das Präparat'],
  run: [
    'eine Klassifikation durch ein Modell',
    'Klassifikationen durch Modelle',
    'die Klassifikation durch ein Modell',
  ],
  runPiece: ['ein Block von Vorhersagen', 'Blöcke von Vorhersagen', 'der Block von Vorhersagen'],
  classMap: ['eine Zuordnung von Klassen', 'Zuordnungen von Klassen', 'die Zuordnung von Klassen'],
  acceptance: [
    'eine teilweise Annahme einer Klassifikation',
    'teilweise Annahmen von Klassifikationen',
    'die teilweise Annahme einer Klassifikation',
  ],
  nucleusChunk: ['ein Block von Zellkernen', 'Blöcke von Zellkernen', 'der Block von Zellkernen'],
  chunkState: [
    'ein Vermerk zu einem Block von Zellkernen',
    'Vermerke zu Blöcken von Zellkernen',
    'der Vermerk zum Block von Zellkernen',
  ],
  importedData: [
    'ein Block importierter Messwerte',
    'Blöcke importierter Messwerte',
    'der Block importierter Messwerte',
  ],
  step: ['ein Eintrag des Protokolls', 'Einträge des Protokolls', 'der Eintrag des Protokolls'],
  stepChange: ['ein Teil eines Schritts', 'Teile von Schritten', 'der Teil des Schritts'],
  reading: ['eine Lesung aus einer Kopie', 'Lesungen aus Kopien', 'die Lesung aus einer Kopie'],
} as const

const derived = {
  labelBlock: 'die jetzigen Benennungen',
  drawn: 'die jetzigen Umrisse',
  region: 'die Regionen',
} as const

export const rescue: Translated<typeof english> = {
  projectDamaged: ({ part }, say) =>
    `Das Projekt ist beschädigt: Nicht lesbar ist ${say(part)}. Beim Öffnen rettet Karyon, was sich retten lässt; „karyon project check“ zeigt, was fehlt.`,
  logLacksStep: ({ path, step }) =>
    `Dem Protokoll von ${path} fehlt der Schritt ${step}. Stellen Sie das Projekt aus einer Sicherung wieder her.`,
  partPage: () => 'eine seiner Seiten',
  partVersion: () => 'seine Fassung',
  partContent: () => 'ein Teil seines Inhalts',
  partReferences: () => 'ein Verweis zwischen seinen Tabellen',
  partTables: () => 'die Liste seiner Tabellen',
  partSlides: () => 'die Liste seiner Präparate',
  partSlide: ({ id }) => `was vom Präparat ${id} bekannt ist`,
  partTable: ({ tables }) => `die Tabelle ${tables.join(', ')}`,
  partLabels: () => 'ein Block von Benennungen',
  partLabelStep: () => 'ein Schritt im Protokoll der Benennungen',
  partNuclei: () => 'ein Block von Zellkernen',
  partOutlines: () => 'ein Block von Umrissen',
  partOutline: () => 'ein von Hand gezeichneter Umriss',
  partImportedData: () => 'die importierten Messwerte',
  partPredictions: () => 'ein Block von Vorhersagen',
  partStep: () => 'ein Schritt des Protokolls',
  partAcceptance: () => 'eine teilweise Annahme einer Klassifikation',
  partReading: () => 'die Lesung eines Befunders',
  partRegion: () => 'eine Region',

  rowsLost: ({ table, keys }) =>
    `${keys.length === 1 ? `${rows[table][0]} war nicht lesbar und ist` : `${count(keys.length)} ${rows[table][1]} waren nicht lesbar und sind`} ` +
    `verloren (${firstOf(keys.map(String), 10, () => ', …')})`,
  rowsUnchecked: ({ table, rows: n }) =>
    n === 1 ? `${rows[table][0]} ließ sich nicht prüfen` : `${count(n)} ${rows[table][1]} ließen sich nicht prüfen`,
  rowChanged: ({ table, name }) => `${rows[table][2]} ${name} kann verändert sein: Prüfen Sie die Angaben`,
  nucleiLost: (p) =>
    `${nuclei(p.nuclei)} des Präparats ${p.slide} ${p.nuclei === 1 ? 'ist' : 'sind'} verloren (Block ${p.chunk})`,
  outlinesLost: (p) =>
    `die Umrisse von ${p.nuclei === 1 ? '1 Zellkern' : `${count(p.nuclei)} Zellkernen`} des Präparats ${p.slide} sind verloren: An ihrer Stelle stehen Kästen. ` +
    'Suchen Sie die Zellkerne neu, um sie wieder zu umreißen; Benennungen bleiben',
  labelsLost: ({ labels }) => `${count(labels)} Benennungen verlorener Zellkerne sind verloren`,
  nothingLost: () => 'ein Teil der Datei war beschädigt und wurde neu angelegt; nichts ist verloren',
  damagedKept: ({ path }) => `die beschädigte Datei ist als ${path} aufbewahrt`,
  madeAgain: ({ table }) =>
    `${derived[table]} waren beschädigt und wurden aus dem Protokoll neu erstellt; nichts ist verloren`,
  sessionLost: () => 'die Änderungen der letzten Sitzung sind auf der Platte beschädigt und waren nicht lesbar',
  changesLost: ({ changes }) =>
    changes === 1
      ? 'die letzte Änderung vor dem Ende des Programms ist auf der Platte nicht vollständig und wurde ausgelassen'
      : `die letzten ${count(changes)} Änderungen vor dem Ende des Programms sind auf der Platte beschädigt und wurden ausgelassen`,
  repaired: ({ what }, say) => `${capitalised(say(what))}.`,

  checkFailed: ({ problems }, say) => problems.map(say).join('\n'),
  unreadable: ({ part, why }, say) => `Nicht lesbar: ${say(part)}. ${say(why)}`,
  partNucleiOf: ({ slide }) => `die Zellkerne des Präparats ${slide}`,
  partRun: ({ run }) => `die Klassifikation ${run}`,
  partAcceptancesOf: ({ slide }) => `was auf dem Präparat ${slide} angenommen wurde`,
  partReadingOf: ({ reading }) => `die Lesung ${reading}`,
  partLog: () => 'das Protokoll der Benennungen',
  nucleiMiscounted: (p) => `Das Präparat ${p.slide} sollte ${nuclei(p.said)} haben, hat aber ${count(p.found)}.`,
  labelsDiffer: ({ block }) => `Die Benennungen des Blocks ${block} weichen vom Protokoll ab.`,
}
