import type { doings as englishDoings, reasons as englishReasons, system as english } from '../english/system.ts'
import type { Translated } from '../sentence.ts'
import { count, decimal, quoted } from './words.ts'

/** What could not be done, as the beginning of a sentence. */
const doings: Record<keyof typeof englishDoings, (path: string) => string> = {
  openProject: (path) => `Das Projekt ${path} konnte nicht geöffnet werden`,
  makeProject: (path) => `Das Projekt ${path} konnte nicht angelegt werden`,
  writeProject: (path) => `Das Projekt ${path} konnte nicht zum Schreiben geöffnet werden`,
  copyProject: (path) =>
    `Vom Projekt ${path} konnte vor der Umstellung auf die neue Fassung keine Kopie aufbewahrt werden`,
  rescueProject: (path) => `Das Projekt ${path} konnte nicht gerettet werden`,
  mergeInto: (path) => `In ${path} konnte nicht zusammengeführt werden`,
  openSlide: (path) => `Das Präparat ${path} konnte nicht geöffnet werden`,
  readSlide: (path) => `Das Präparat ${path} konnte nicht gelesen werden`,
  findSlides: (path) => `In ${path} konnte nicht nach Präparaten gesucht werden`,
  listFolder: (path) => `Der Ordner ${path} konnte nicht gelesen werden`,
  makeFolder: (path) => `Der Ordner ${path} konnte nicht angelegt werden`,
  makeHome: (path) => `Der Ordner ${path} konnte nicht angelegt werden (KARYON_HOME kann einen anderen nennen)`,
  readFile: (path) => `${path} konnte nicht gelesen werden`,
  writeFile: (path) => `${path} konnte nicht geschrieben werden`,
  keepSettings: (path) => `Die Einstellungen ${path} konnten nicht gespeichert werden`,
  emptyCache: (path) => `Der Zwischenspeicher ${path} konnte nicht geleert werden`,
  keepRecent: (path) => `Die Liste der letzten Projekte ${path} konnte nicht gespeichert werden`,
  keepOptimiser: (path) => `Die Zahlen des Optimierers konnten nicht in ${path} gespeichert werden`,
}

export const reasons: Record<keyof typeof englishReasons, string> = {
  missing: 'Diese Datei oder diesen Ordner gibt es nicht. Prüfen Sie den Pfad',
  notFolder: 'Ein Teil des Pfades ist eine Datei, kein Ordner. Prüfen Sie den Pfad',
  isFolder: 'Das ist ein Ordner; erwartet wurde eine Datei',
  longPath: 'Der Pfad ist zu lang für dieses System',
  denied: 'Der Zugriff wurde verweigert. Prüfen Sie die Rechte der Datei und ihres Ordners',
  readOnlyDrive: 'Das Laufwerk ist schreibgeschützt. Wählen Sie einen anderen Ordner',
  taken: 'Der Name ist schon vergeben. Wählen Sie einen anderen',
  full: 'Die Platte ist voll. Schaffen Sie Platz und versuchen Sie es wieder',
  quota: 'Das Kontingent auf der Platte ist erschöpft. Schaffen Sie Platz und versuchen Sie es wieder',
  tooManyFiles: 'Zu viele Dateien sind offen. Schließen Sie einige und versuchen Sie es wieder',
  inUse: 'Ein anderes Programm benutzt die Datei. Schließen Sie sie dort und versuchen Sie es wieder',
  driveError: 'Das Laufwerk meldet einen Fehler. Prüfen Sie seine Verbindung und versuchen Sie es wieder',
  gone: 'Das Laufwerk oder die Netzwerkfreigabe ist weg. Verbinden Sie es und versuchen Sie es wieder',
  openElsewhere: 'Ein anderes Programm hat die Datei geöffnet. Schließen Sie sie dort und versuchen Sie es wieder',
  readOnlyProject:
    'Die Datei oder ihr Ordner ist schreibgeschützt. Kopieren Sie das Projekt in einen Ordner, in den Sie schreiben dürfen',
  fullAfterConfirmed:
    'Die Platte ist voll. Schaffen Sie Platz und versuchen Sie es wieder; was bestätigt war, ist sicher',
  cannotOpen:
    'Die Datei kann dort nicht geöffnet oder angelegt werden. Prüfen Sie, ob es den Ordner gibt und ob er beschreibbar ist',
  folderNotSlide: 'Das ist ein Ordner. Wählen Sie eine Präparat-Datei darin',
  notOrdinary: 'Das ist keine gewöhnliche Datei',
  emptyFile: 'Die Datei ist leer. Kopieren Sie sie noch einmal',
}

export const system: Translated<typeof english> = {
  refused: ({ doing, path, reason }) => `${doings[doing](path)}. ${reasons[reason]}.`,
  asWritten: ({ text }) => text,
  cancelled: () => 'Abgebrochen.',
  cancelledBefore: () => 'Abgebrochen, bevor es begann.',
  bug: () =>
    'Karyon ist dabei auf einen eigenen Fehler gestoßen. Benennungen sind sicher. Einzelheiten stehen im Protokoll (host.log im Ordner der Protokolldateien) und im Terminal.',
  lowDisk: ({ bytes }) =>
    `Auf dem Laufwerk des Projekts sind nur noch ${decimal(bytes / 1e9, 1)} GB frei; ein großes Präparat kann sie füllen. Schaffen Sie Platz oder leeren Sie den Zwischenspeicher in den Einstellungen. Was bestätigt war, ist sicher.`,
  lowMemory: ({ bytes }) =>
    `Nur noch ${decimal(bytes / 1e9, 1)} GB Arbeitsspeicher sind frei; die Arbeit kann langsam werden oder abbrechen. Schließen Sie andere Programme oder warten Sie, bis sie fertig sind. Benennungen sind sicher.`,
  invalidRequest: ({ issues }, say) => `Die Anfrage enthält nicht, was sie muss: ${issues.map(say).join('; ')}.`,
  fileEmpty: ({ file }) => `${file} ist leer. Exportieren Sie die Datei noch einmal.`,
  fileNotJson: ({ file }) => `${file} muss JSON sein, ist es aber nicht. Vielleicht ist die Datei abgeschnitten.`,
  jsonDamaged: ({ file, byte }) =>
    `${file} ist kein gültiges JSON${byte === null ? '' : ` bei Byte ${count(byte)}`}: Die Datei ist beschädigt, abgeschnitten oder von anderer Art. Exportieren Sie sie noch einmal.`,
  gzipDamaged: ({ file }) =>
    `${file} ist eine beschädigte oder unvollständige gzip-Datei. Kopieren oder exportieren Sie sie noch einmal.`,
  writingCancelled: ({ file }) => `Das Schreiben von ${file} wurde abgebrochen.`,
  settingsUnusable: ({ path, why }, say) =>
    `Die Einstellungen in ${path} werden nicht benutzt: ${say(why)}. Berichtigen oder entfernen Sie die Datei.`,
  cacheInUse: ({ titles }, say) =>
    `Der Zwischenspeicher wird gerade benutzt${titles.length ? ` (${titles.map(say).join(', ')})` : ''}. Leeren Sie ihn, wenn die Arbeit fertig ist.`,
  settingsUnread: () => 'die Datei ist nicht lesbar',
  settingsNotJson: () => 'sie ist kein JSON',
  issueType: ({ path, expected }) => `${at(path)} muss vom Typ ${expected} sein`,
  issueTooSmall: ({ path, least }) => `${at(path)} muss mindestens ${least} sein`,
  issueTooLarge: ({ path, most }) => `${at(path)} darf höchstens ${most} sein`,
  issueChoice: ({ path, choices }) => `${at(path)} muss eines von diesen sein: ${choices.join(', ')}`,
  issueKeys: ({ path, keys }) => `${at(path)} enthält ${quoted(keys)}, was hier nicht bekannt ist`,
  issueOther: ({ path }) => `${at(path)} hat nicht die erwartete Form`,
}

const at = (path: string): string => (path ? `„${path}“` : 'der Inhalt')
