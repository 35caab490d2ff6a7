import type { AnyMessage, Room, Say } from '../sentence.ts'
import { capitalised, firstOf } from '../numbers.ts'
import { count, nuclei } from './words.ts'

/** Tables of a project: what a row of each is called. */
export const rows = {
  setting: ['setting', 'settings'],
  class: ['class', 'classes'],
  model: ['model', 'models'],
  slide: ['slide', 'slides'],
  run: ['classification by a model', 'classifications by models'],
  runPiece: ['chunk of predictions', 'chunks of predictions'],
  classMap: ['class mapping', 'class mappings'],
  acceptance: ['partial acceptance of a classification', 'partial acceptances of classifications'],
  nucleusChunk: ['chunk of nuclei', 'chunks of nuclei'],
  chunkState: ['mark of a chunk of nuclei', 'marks of chunks of nuclei'],
  importedData: ['chunk of imported measurements', 'chunks of imported measurements'],
  step: ['entry of the log', 'entries of the log'],
  stepChange: ['piece of a step of the log', 'pieces of steps of the log'],
  reading: ["reader's labels from a copy", "readers' labels from copies"],
} as const

export const derived = {
  labelBlock: 'the present labels',
  drawn: 'the present outlines',
  region: 'the regions of interest',
} as const

/** Damage to projects: what cannot be read, what was lost, what was made again. */
export const rescue = {
  projectDamaged: ({ part }: { part: AnyMessage }, say: Say) =>
    `The project is damaged: ${say(part)} cannot be read. Opening it in Karyon rescues what can be; "karyon project check" shows what is wrong.`,
  logLacksStep: ({ path, step }: { path: string; step: number }) =>
    `The log of ${path} lacks step ${step}. Restore it from a backup.`,
  partPage: () => 'a page of it',
  partVersion: () => 'its version',
  partContent: () => 'part of its content',
  partReferences: () => 'a reference between its tables',
  partTables: () => 'the list of its tables',
  partSlides: () => 'the list of its slides',
  partSlide: ({ id }: { id: string | number }) => `what is known of slide ${id}`,
  partTable: ({ tables }: { tables: readonly string[] }) => `the table of ${tables.join(', ')}`,
  partLabels: () => 'a block of labels',
  partLabelStep: () => 'a step of the label log',
  partNuclei: () => 'a chunk of nuclei',
  partOutlines: () => 'a chunk of outlines',
  partOutline: () => 'an outline that a person drew',
  partImportedData: () => 'the imported measurements',
  partPredictions: () => 'a chunk of predictions',
  partStep: () => 'a step of the log',
  partAcceptance: () => 'a partial acceptance of a classification',
  partReading: () => "a reader's labels",
  partRegion: () => 'a region of interest',

  rowsLost: ({ table, keys }: { table: keyof typeof rows; keys: readonly (string | number)[] }) =>
    `${keys.length === 1 ? `one ${rows[table][0]}` : `${count(keys.length)} ${rows[table][1]}`} could not be read and ` +
    `${keys.length === 1 ? 'is' : 'are'} lost (${firstOf(keys.map(String), 10, () => ', …')})`,
  rowsUnchecked: ({ table, rows: n }: { table: keyof typeof rows; rows: number }) =>
    n === 1 ? `one ${rows[table][0]} could not be checked` : `${count(n)} ${rows[table][1]} could not be checked`,
  rowChanged: ({ table, name }: { table: keyof typeof rows; name: string }) =>
    `the ${rows[table][0]} ${name} may have changed: check what is said of it`,
  nucleiLost: (p: { nuclei: number; slide: number; chunk: number }) =>
    `${nuclei(p.nuclei)} of slide ${p.slide} ${p.nuclei === 1 ? 'is' : 'are'} lost (chunk ${p.chunk})`,
  outlinesLost: (p: { nuclei: number; slide: number }) =>
    `the outlines of ${nuclei(p.nuclei)} of slide ${p.slide} are lost: boxes stand in their place. ` +
    'Find nuclei again to outline them anew; labels stay',
  labelsLost: ({ labels }: { labels: number }) => `${count(labels)} labels of lost nuclei are lost`,
  nothingLost: () => 'part of the file was damaged and has been made anew; nothing is lost',
  damagedKept: ({ path }: { path: string }) => `the damaged file is kept as ${path}`,
  madeAgain: ({ table }: { table: keyof typeof derived }) =>
    `${derived[table]} were damaged and have been made again from the log; nothing is lost`,
  sessionLost: () => 'the changes of the last session are damaged on the disk and could not be read',
  changesLost: ({ changes }: { changes: number }) =>
    changes === 1
      ? 'the last change before the program ended is not whole on the disk and has been left out'
      : `the last ${count(changes)} changes before the program ended are damaged on the disk and have been left out`,
  /** One of the above by itself. */
  repaired: ({ what }: { what: AnyMessage }, say: Say) => `${capitalised(say(what))}.`,

  checkFailed: ({ problems }: { problems: readonly AnyMessage[] }, say: Say) => problems.map(say).join('\n'),
  unreadable: ({ part, why }: { part: AnyMessage; why: AnyMessage }, say: Say) =>
    `${capitalised(say(part))} cannot be read: ${say(why)}`,
  partNucleiOf: ({ slide }: { slide: number }) => `the nuclei of slide ${slide}`,
  partRun: ({ run }: { run: number }) => `classification ${run}`,
  partAcceptancesOf: ({ slide }: { slide: number }) => `what was accepted on slide ${slide}`,
  partReadingOf: ({ reading }: { reading: number }) => `reading ${reading}`,
  partLog: () => 'the label log',
  nucleiMiscounted: (p: { slide: number; said: number; found: number }) =>
    `Slide ${p.slide} should have ${nuclei(p.said)}, but has ${count(p.found)}.`,
  labelsDiffer: ({ block }: { block: number }) => `The labels of block ${block} differ from the log.`,
} satisfies Room
