import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count, decimal, quoted } from './words.ts'

/** What the system was asked to do, in a sentence that begins "Could not …". */
export const doings = {
  openProject: (path: string) => `open the project ${path}`,
  makeProject: (path: string) => `make the project ${path}`,
  writeProject: (path: string) => `open the project ${path} to write to it`,
  copyProject: (path: string) => `keep a copy of the project ${path} before bringing it to the new version`,
  rescueProject: (path: string) => `rescue the project ${path}`,
  mergeInto: (path: string) => `merge into ${path}`,
  openSlide: (path: string) => `open the slide ${path}`,
  readSlide: (path: string) => `read the slide ${path}`,
  findSlides: (path: string) => `look for slides in ${path}`,
  listFolder: (path: string) => `list the folder ${path}`,
  makeFolder: (path: string) => `make the folder ${path}`,
  makeHome: (path: string) => `make the folder ${path} (set KARYON_HOME to another)`,
  readFile: (path: string) => `read ${path}`,
  writeFile: (path: string) => `write ${path}`,
  keepSettings: (path: string) => `keep the settings ${path}`,
  emptyCache: (path: string) => `empty the cache ${path}`,
  keepRecent: (path: string) => `keep the list of recent projects ${path}`,
  keepOptimiser: (path: string) => `keep the optimiser’s numbers in ${path}`,
} as const

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
  folderNotSlide: 'this is a folder. Choose a slide file in it',
  notOrdinary: 'it is not an ordinary file',
  emptyFile: 'the file is empty. Copy it again',
} as const

/** What the system or a file refuses, whoever asks. */
export const system = {
  refused: ({ doing, path, reason }: { doing: keyof typeof doings; path: string; reason: keyof typeof reasons }) =>
    `Could not ${doings[doing](path)}: ${reasons[reason]}.`,
  /** Text that an older version stored without a key. */
  asWritten: ({ text }: { text: string }) => text,
  cancelled: () => 'Cancelled.',
  cancelledBefore: () => 'Cancelled before it began.',
  bug: () =>
    'Karyon hit a bug while working on this. Labels are safe. Details are in the log (host.log, in the folder of log files) and in the terminal.',
  lowDisk: ({ bytes }: { bytes: number }) =>
    `Only ${decimal(bytes / 1e9, 1)} GB are free on the project’s drive, and a large slide may fill that. Make room, or empty the cache in the settings. What was confirmed is safe.`,
  lowMemory: ({ bytes }: { bytes: number }) =>
    `Only ${decimal(bytes / 1e9, 1)} GB of memory are free, so work may become slow or stop. Close other programs, or wait until they are done. Labels are safe.`,
  invalidRequest: ({ issues }: { issues: readonly AnyMessage[] }, say: Say) =>
    `The request does not hold what it must: ${issues.map(say).join('; ')}.`,
  fileEmpty: ({ file }: { file: string }) => `${file} is empty. Export it again.`,
  fileNotJson: ({ file }: { file: string }) => `${file} must be JSON, but it is not. It may be cut short.`,
  jsonDamaged: ({ file, byte }: { file: string; byte: number | null }) =>
    `${file} is not valid JSON${byte === null ? '' : ` at byte ${count(byte)}`}: it is damaged, cut short or of another kind. Export it again.`,
  gzipDamaged: ({ file }: { file: string }) => `${file} is a damaged or incomplete gzip file. Copy or export it again.`,
  writingCancelled: ({ file }: { file: string }) => `Writing ${file} was cancelled.`,
  settingsUnusable: ({ path, why }: { path: string; why: AnyMessage }, say: Say) =>
    `The settings in ${path} are not used: ${say(why)}. Mend or remove the file.`,
  cacheInUse: ({ titles }: { titles: readonly AnyMessage[] }, say: Say) =>
    `The cache is in use${titles.length ? ` (${titles.map(say).join(', ')})` : ''}. Empty it when the work is done.`,
  settingsUnread: () => 'the file cannot be read',
  settingsNotJson: () => 'it is not JSON',
  // What is wrong with one value of a file or request.
  issueType: ({ path, expected }: { path: string; expected: string }) => `${at(path)} must be of type ${expected}`,
  issueTooSmall: ({ path, least }: { path: string; least: string }) => `${at(path)} must be at least ${least}`,
  issueTooLarge: ({ path, most }: { path: string; most: string }) => `${at(path)} must be at most ${most}`,
  issueChoice: ({ path, choices }: { path: string; choices: readonly string[] }) =>
    `${at(path)} must be one of ${choices.join(', ')}`,
  issueKeys: ({ path, keys }: { path: string; keys: readonly string[] }) =>
    `${at(path)} has ${quoted(keys)}, which is not known here`,
  issueOther: ({ path }: { path: string }) => `${at(path)} is not of the expected form`,
} satisfies Room

const at = (path: string): string => (path ? `"${path}"` : 'it')
