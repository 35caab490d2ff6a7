/** What the system was asked to do, in a sentence that begins "Could not …". */
export const doings = {
  openProject: (path: string) => `open the project ${path}`,
  makeProject: (path: string) => `make the project ${path}`,
  openSlide: (path: string) => `open the slide ${path}`,
  findSlides: (path: string) => `look for slides in ${path}`,
  listFolder: (path: string) => `list the folder ${path}`,
  makeFolder: (path: string) => `make the folder ${path}`,
  readFile: (path: string) => `read ${path}`,
  writeFile: (path: string) => `write ${path}`,
} as const
export interface Doing {
  readonly do: keyof typeof doings
  readonly path: string
}

/** Why the system or a drive refused. */
export const reasons = {
  missing: 'there is no such file or folder. Check the path',
  notFolder: 'part of the path is a file, not a folder. Check the path',
  isFolder: 'this is a folder; a file was expected',
  longPath: 'the path is too long for this system',
  denied: 'permission was denied. Check the rights of the file and its folder',
  readOnlyDrive: 'the drive is read-only. Choose another folder',
  taken: 'it is there already. Choose another name',
  full: 'the disk is full. Make room and try again',
  quota: 'the disk quota is used up. Make room and try again',
  tooManyFiles: 'too many files are open. Close some and try again',
  inUse: 'another program is using it. Close it there and try again',
  driveError: 'the drive reported an error. Check its connection and try again',
  gone: 'the drive or network share went away. Connect it and try again',
  openElsewhere: 'another program has it open. Close it there and try again',
  readOnlyProject: 'the file or its folder is read-only. Copy the project to a folder you may write to',
  fullAfterConfirmed: 'the disk is full. Make room and try again; what was confirmed before is safe',
  cannotOpen: 'the file cannot be opened or made there. Check that the folder exists and may be written to',
} as const
export type Reason = keyof typeof reasons

const n = (count: number) => count.toLocaleString('en')
/** A list after a word, nothing where it is empty. */
export const listed = (before: string, list: readonly string[]): string =>
  list.length > 0 ? `${before}${list.join('; ')}.` : ''
const percent = (value: number) => `${value.toFixed(1)} %`
const nuclei = (count: number) => (count === 1 ? '1 nucleus' : `${n(count)} nuclei`)

/** Why records of an imported file give no nucleus; a plural to put a count in front of. */
export const leftOut = [
  'whole-slide objects',
  'tiles',
  'tissue-microarray cores',
  'annotations beside detections (regions, not nuclei)',
  'entries that are not features',
  'entries without a contour',
  'objects without geometry',
  'geometries of unknown type',
  'points, which have no outline',
  'lines, which enclose nothing',
  'outlines without coordinates',
  'outlines with coordinates that are not numbers',
  'outlines of fewer than three points',
  'outlines without area',
  'holes in outlines, which were filled',
  'smaller parts of divided outlines',
  'nuclei outside the slide',
] as const
export type LeftOut = (typeof leftOut)[number]
export interface LeftOutCount {
  readonly reason: LeftOut
  readonly count: number
}
/** As a parameter of a sentence, which holds no lists. */
export const packLeftOut = (left: readonly LeftOutCount[]): string => JSON.stringify(left)
export const unpackLeftOut = (left: string): readonly LeftOutCount[] => JSON.parse(left) as LeftOutCount[]

/** What a person says of a nucleus that is no class. */
const said = { notSure: 'not sure', badOutline: 'bad outline', none: 'no label' } as const

/**
 * Sentences of the host that the page shows in its own language, in English: titles, stages and results of work, and the
 * commonest failures. The page holds another object of this shape for every other language (renderer/germanSentences.ts),
 * and one key left out there does not compile. What is not here is shown in English everywhere.
 */
export const sentences = {
  detecting: () => 'Finding nuclei',
  importing: ({ file }: { file: string }) => `Importing ${file}`,
  classifying: ({ model }: { model: string }) => `Classifying with ${model}`,
  mapping: () => 'Mapping nuclei',
  training: ({ model }: { model: string }) => `Training from ${model}`,
  pretraining: () => 'Pre-training',
  stage: ({ stage }: { stage: 'reading' | 'encoding' | 'training' | 'scoring' | 'saving' }) =>
    `${stage[0].toUpperCase()}${stage.slice(1)}`,
  /** What training does where memory is short; MB it would need all at once, and MB there are. */
  slowTraining: (p: { blockwise: boolean; inFile: boolean; whole: number; available: number }) => {
    const how = [
      ...(p.blockwise ? ['works block by block'] : []),
      ...(p.inFile ? ['keeps the optimiser’s numbers in a file'] : []),
    ].join(' and ')
    return `Training ${how}, which is slower, because all at once it needs about ${p.whole} MB and ${p.available} MB are available.`
  },

  nucleiFound: (p: { nuclei: number; seconds: number; carried: number }) =>
    `${n(p.nuclei)} nuclei found in ${p.seconds.toFixed(1)} s.` +
    (p.carried > 0 ? ` ${p.carried} labels went over to the new outlines.` : ''),
  noneFurther: () => 'No further nuclei found.',
  noneFound: () => 'No nuclei found. Check the µm/px of the slide and that it is an H&E stain.',
  notFoundAgain: (p: { nuclei: number }) =>
    `${p.nuclei} labelled nuclei were not found again. They are kept with their old outlines.`,
  classified: (p: { nuclei: number; model: string; seconds: number; provider: string; fromCache: boolean }) =>
    `${n(p.nuclei)} nuclei classified by ${p.model} in ${p.seconds.toFixed(1)} s on ${p.provider}` +
    `${p.fromCache ? ', from kept tokens' : ''}.`,
  mapped: (p: { nuclei: number; seconds: number }) => `${n(p.nuclei)} nuclei mapped in ${p.seconds.toFixed(1)} s.`,
  /** labels −1: none were asked for; left: packLeftOut. */
  imported: (p: { nuclei: number; labels: number; left: string }) =>
    `${n(p.nuclei)} nuclei imported${p.labels >= 0 ? `, ${n(p.labels)} with a label` : ''}.` +
    listed(
      ' Left out: ',
      unpackLeftOut(p.left).map(({ count, reason }) => `${n(count)} ${reason}`),
    ),
  trained: (p: { model: string; from: number; to: number; steps: number; seconds: number; parent: string }) =>
    `${p.model}: loss ${p.from.toFixed(3)} → ${p.to.toFixed(3)} in ${p.steps} steps, ${p.seconds.toFixed(1)} s. ` +
    `${p.parent} stays and can be used again.`,
  /** `told` and the two it is compared with are per cent of the masked tokens of tissue it never saw; −1 where all was learned from. */
  pretrained: (p: {
    model: string
    from: number
    to: number
    crops: number
    seconds: number
    told: number
    frequent: number
    copied: number
  }) =>
    `${p.model}: loss ${p.from.toFixed(2)} → ${p.to.toFixed(2)} over ${p.crops} crops, ${Math.round(p.seconds)} s. ` +
    (p.told < 0
      ? ''
      : `Of tissue it never saw it tells ${percent(p.told)} of what is masked ` +
        `(the commonest look: ${percent(p.frequent)}, the nearest one: ${percent(p.copied)}). `) +
    'It knows no classes yet: choose it, then fine-tune the whole network.',
  // Titles of steps of the history.
  stepLabelled: (p: { nuclei: number; name: string }) => `${nuclei(p.nuclei)} → ${p.name}`,
  stepAnswered: (p: { nuclei: number; answer: keyof typeof said }) => `${nuclei(p.nuclei)} → ${said[p.answer]}`,
  stepAgreed: (p: { nuclei: number }) => `${n(p.nuclei)} nuclei as the model says`,
  stepAccepted: (p: { model: string; nuclei: number }) => `${p.model} accepted for ${n(p.nuclei)} nuclei`,
  stepImported: ({ file }: { file: string }) => `Nuclei from ${file}`,
  stepImportedLabels: ({ file }: { file: string }) => `Labels from ${file}`,
  stepFound: () => 'Nuclei found',
  stepFoundKept: (p: { kept: number }) => `Nuclei found; ${p.kept} labelled ones not found again and kept`,
  stepFoundPartly: () => 'Nuclei found before it stopped',
  stepRegion: ({ name }: { name: string }) => `Region ${name}`,
  stepTissueAdded: ({ name }: { name: string }) => `Tissue added: ${name}`,
  stepTissueTakenOut: ({ name }: { name: string }) => `Taken out of the tissue: ${name}`,
  stepRegionChanged: ({ name }: { name: string }) => `Region ${name} changed`,
  stepRegionRemoved: ({ name }: { name: string }) => `Region ${name} removed`,
  stepDrawn: () => '1 nucleus drawn',
  stepRedrawn: () => '1 nucleus drawn anew',
  stepDeleted: (p: { nuclei: number }) => `${nuclei(p.nuclei)} deleted`,
  stepSplit: () => '1 nucleus cut in two',
  stepMerged: (p: { nuclei: number }) => `${nuclei(p.nuclei)} made one`,
  stepRescued: () => 'Rescued after damage',

  cancelled: () => 'Cancelled.',
  cancelledBefore: () => 'Cancelled before it began.',
  bug: () => 'Karyon hit a bug while working on this; labels are safe. Details are in the terminal.',
  engineEnded: ({ reason }: { reason: string }) =>
    `The engine process ended while working (${reason}). Labels are safe; start again.`,
  modelWithoutClasses: ({ model }: { model: string }) =>
    `${model} knows no classes yet: slides stay as they are. Label nuclei and fine-tune it.`,

  onShare: () =>
    'This project lies on a network share. Only one person can have it open at a time, and saving takes a little longer.',
  slidesMissing: ({ slides }: { slides: number }) =>
    `${slides === 1 ? 'One slide is' : `${slides} slides are`} not where they were. Put them back, or open one of ` +
    'them from its new place: the others are then looked for in the same folder. Labels are safe.',

  refused: ({ doing, path, reason }: { doing: Doing['do']; path: string; reason: Reason }) =>
    `Could not ${doings[doing](path)}: ${reasons[reason]}.`,
  projectRefused: ({ path, reason }: { path: string; reason: Reason }) =>
    `Could not use the project ${path}: ${reasons[reason]}.`,
  projectAway: ({ path }: { path: string }) =>
    `The project ${path} is not where it was: its drive or folder is away. Bring it back; what was confirmed is in it.`,
  otherProject: ({ path }: { path: string }) =>
    `Another file lies where the project ${path} was: it lacks the newest changes. Put the right one back.`,
  projectInUse: ({ path, who }: { path: string; who: string }) =>
    `The project ${path} can be open only once, and ${who} has it open. Close it there and try again.`,
  projectClosed: ({ path }: { path: string }) => `The project ${path} was closed. Open it again.`,
  noProject: ({ path }: { path: string }) =>
    `There is no project ${path}. Connect its drive, or choose the place where it lies now.`,
  projectTaken: ({ path }: { path: string }) => `${path} is there already. Open it, or choose another name.`,
  copyIsSelf: ({ path }: { path: string }) =>
    `${path} is the project that is open, so nothing of it was merged. Choose the copy that another reader labelled.`,
  copyDamaged: ({ path }: { path: string }) =>
    `The copy ${path} is damaged, so nothing of it was merged. Open it in Karyon, which rescues what can be read, then merge it.`,
  noSharedSlide: ({ file }: { file: string }) =>
    `${file} has no slide in common with this project, so its labels have no nuclei here. Choose copies of one project.`,
  projectName: ({ name }: { name: string }) =>
    `A project's name becomes its file's name: it must not be empty, begin with a dot or hold \\ / : * ? " < > |. Got "${name}".`,
  elsewhere: ({ open }: { open: string }) =>
    `This was meant for another project than ${open}, which is open now. Open that project again.`,

  noScale: ({ path }: { path: string }) =>
    `The slide ${path} does not say how large its pixels are. Give the µm per pixel (0.25 for 40×, 0.5 for 20×).`,
  slideAway: ({ path }: { path: string }) =>
    `The slide ${path} is not where it was. Put it back or open it from its new place; labels are safe.`,
  slideDiffers: ({ path }: { path: string }) =>
    `The file ${path} is not the slide that this project was made with: its content differs. Restore the original; labels are safe.`,
  noNuclei: () => 'This slide has no nuclei yet. Find or import nuclei first.',
  noLabels: () =>
    'There is nothing to learn from yet. Label some nuclei first: select one and press the key of its class.',
  nothingToMask: () =>
    'Pre-training learns from nuclei without labels, and no slide of this project has any. Find or import nuclei first.',
  allOutside: () =>
    'All nuclei of this slide lie where the tissue was taken out. Add it back, or find nuclei in what is left.',
  noTokens: () =>
    'Nuclei are compared by their tokens under the model in use, and there are none of these outlines yet. Classify the slide first.',
  keyTaken: ({ key, name }: { key: string; name: string }) =>
    `The key ${key} already gives ${name}. Choose another key.`,
  nameTaken: ({ name }: { name: string }) => `There is a class ${name} already. Choose another name.`,
  notCut: () => 'The line does not cut the nucleus in two. Draw it across the nucleus, from one side to the other.',
  notTouching: () => 'These nuclei do not touch, so they cannot be one. Select neighbours, or redraw the outline.',
  stepStays: () =>
    'This step can be neither undone nor brought back: another took its place, or what it needs was given up. Choose another step.',
  noneLikeThat: () => 'No nucleus of this slide is like that, so there is nothing to label. Choose others.',
} satisfies Record<string, (params: never) => string>

export type SentenceKey = keyof typeof sentences
export type SentenceParams<K extends SentenceKey> = Parameters<(typeof sentences)[K]> extends [infer P] ? P : object

/** A sentence as data, to be said in any language. */
export interface Told {
  readonly key: SentenceKey
  readonly params: Readonly<Record<string, string | number | boolean>>
}

/** A sentence of the catalogue with what it speaks of. */
export const tell = <K extends SentenceKey>(
  key: K,
  ...[params]: Parameters<(typeof sentences)[K]> extends [] ? [] : [SentenceParams<K>]
): Told => ({ key, params: (params ?? {}) as Told['params'] })

/** The same sentence said by a catalogue of some language. */
export const sayBy = (
  catalogue: { readonly [K in SentenceKey]: (params: SentenceParams<K>) => string },
  { key, params }: Told,
): string => (catalogue[key] as (params: Told['params']) => string)(params)

/** A sentence in English and, where it is of the catalogue, as data beside. */
export function inEnglish(sentence: string | Told): { message: string; told?: Told } {
  return typeof sentence === 'string' ? { message: sentence } : { message: sayBy(sentences, sentence), told: sentence }
}
