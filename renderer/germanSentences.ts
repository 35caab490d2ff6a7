import {
  listed,
  unpackLeftOut,
  type Doing,
  type LeftOut,
  type Reason,
  type SentenceKey,
  type SentenceParams,
} from '../electron/contract/messages/messages.ts'
import { count, decimal } from './format.ts'

/** "Could not …" */
const doings: Record<Doing['do'], (path: string) => string> = {
  openProject: (path) => `Das Projekt ${path} konnte nicht geöffnet werden`,
  makeProject: (path) => `Das Projekt ${path} konnte nicht angelegt werden`,
  openSlide: (path) => `Das Präparat ${path} konnte nicht geöffnet werden`,
  findSlides: (path) => `In ${path} konnte nicht nach Präparaten gesucht werden`,
  listFolder: (path) => `Der Ordner ${path} konnte nicht gelesen werden`,
  makeFolder: (path) => `Der Ordner ${path} konnte nicht angelegt werden`,
  readFile: (path) => `${path} konnte nicht gelesen werden`,
  writeFile: (path) => `${path} konnte nicht geschrieben werden`,
}

const reasons: Record<Reason, string> = {
  missing: 'Diese Datei oder diesen Ordner gibt es nicht. Prüfen Sie den Pfad',
  notFolder: 'Ein Teil des Pfades ist eine Datei, kein Ordner. Prüfen Sie den Pfad',
  isFolder: 'Das ist ein Ordner; erwartet wurde eine Datei',
  longPath: 'Der Pfad ist zu lang für dieses System',
  denied: 'Der Zugriff wurde verweigert. Prüfen Sie die Rechte der Datei und ihres Ordners',
  readOnlyDrive: 'Das Laufwerk ist schreibgeschützt. Wählen Sie einen anderen Ordner',
  taken: 'Es ist schon da. Wählen Sie einen anderen Namen',
  full: 'Die Platte ist voll. Schaffen Sie Platz und versuchen Sie es wieder',
  quota: 'Das Kontingent auf der Platte ist erschöpft. Schaffen Sie Platz und versuchen Sie es wieder',
  tooManyFiles: 'Zu viele Dateien sind offen. Schließen Sie einige und versuchen Sie es wieder',
  inUse: 'Ein anderes Programm benutzt es. Schließen Sie es dort und versuchen Sie es wieder',
  driveError: 'Das Laufwerk meldet einen Fehler. Prüfen Sie seine Verbindung und versuchen Sie es wieder',
  gone: 'Das Laufwerk oder die Netzwerkfreigabe ist weg. Verbinden Sie es und versuchen Sie es wieder',
  openElsewhere: 'Ein anderes Programm hat es geöffnet. Schließen Sie es dort und versuchen Sie es wieder',
  readOnlyProject:
    'Die Datei oder ihr Ordner ist schreibgeschützt. Kopieren Sie das Projekt in einen Ordner, in den Sie schreiben dürfen',
  fullAfterConfirmed:
    'Die Platte ist voll. Schaffen Sie Platz und versuchen Sie es wieder; was bestätigt war, ist sicher',
  cannotOpen:
    'Die Datei kann dort nicht geöffnet oder angelegt werden. Prüfen Sie, ob der Ordner da und beschreibbar ist',
}

const leftOut: Record<LeftOut, string> = {
  'whole-slide objects': 'Objekte des ganzen Präparats',
  tiles: 'Kacheln',
  'tissue-microarray cores': 'Stanzen eines Gewebe-Arrays',
  'annotations beside detections (regions, not nuclei)': 'Annotationen neben Detektionen (Regionen, keine Zellkerne)',
  'entries that are not features': 'Einträge, die keine Features sind',
  'entries without a contour': 'Einträge ohne Kontur',
  'objects without geometry': 'Objekte ohne Geometrie',
  'geometries of unknown type': 'Geometrien unbekannter Art',
  'points, which have no outline': 'Punkte, die keinen Umriss haben',
  'lines, which enclose nothing': 'Linien, die nichts umschließen',
  'outlines without coordinates': 'Umrisse ohne Koordinaten',
  'outlines with coordinates that are not numbers': 'Umrisse mit Koordinaten, die keine Zahlen sind',
  'outlines of fewer than three points': 'Umrisse aus weniger als drei Punkten',
  'outlines without area': 'Umrisse ohne Fläche',
  'holes in outlines, which were filled': 'Löcher in Umrissen, die gefüllt wurden',
  'smaller parts of divided outlines': 'kleinere Teile geteilter Umrisse',
  'nuclei outside the slide': 'Zellkerne außerhalb des Präparats',
}

const stages = {
  reading: 'Lesen',
  encoding: 'Kodieren',
  training: 'Trainieren',
  scoring: 'Bewerten',
  saving: 'Speichern',
} as const

const nuclei = (n: number) => (n === 1 ? '1 Zellkern' : `${count(n)} Zellkerne`)

/** What a person says of a nucleus that is no class. */
const said = { notSure: 'nicht sicher', badOutline: 'falscher Umriss', none: 'keine Benennung' } as const

const seconds = (s: number) => `${decimal(s, 1)} s`

/** The host's sentences in German; in English they stand in the contract. */
export const germanSentences: { readonly [K in SentenceKey]: (params: SentenceParams<K>) => string } = {
  detecting: () => 'Zellkerne finden',
  importing: ({ file }) => `${file} einlesen`,
  classifying: ({ model }) => `Mit ${model} klassifizieren`,
  mapping: () => 'Karte der Zellkerne erstellen',
  training: ({ model }) => `Aus ${model} nachtrainieren`,
  pretraining: () => 'Vortrainieren',
  stage: ({ stage }) => stages[stage],
  slowTraining: (p) => {
    const how = [
      ...(p.blockwise ? ['läuft Block für Block'] : []),
      ...(p.inFile ? ['hält die Zahlen des Optimierers in einer Datei'] : []),
    ].join(' und ')
    return `Das Training ${how} und ist so langsamer, denn in einem Zug braucht es etwa ${count(p.whole)} MB, und ${count(p.available)} MB sind frei.`
  },

  nucleiFound: (p) =>
    `${count(p.nuclei)} Zellkerne gefunden in ${seconds(p.seconds)}.` +
    (p.carried > 0 ? ` ${count(p.carried)} Benennungen gingen auf die neuen Umrisse über.` : ''),
  noneFurther: () => 'Keine weiteren Zellkerne gefunden.',
  noneFound: () => 'Keine Zellkerne gefunden. Prüfen Sie die µm/px des Präparats und ob es eine H&E-Färbung ist.',
  notFoundAgain: (p) =>
    `${count(p.nuclei)} benannte Zellkerne wurden nicht wiedergefunden. Sie bleiben mit ihren alten Umrissen.`,
  classified: (p) =>
    `${count(p.nuclei)} Zellkerne von ${p.model} klassifiziert in ${seconds(p.seconds)} auf ${p.provider}` +
    `${p.fromCache ? ', aus aufbewahrten Tokens' : ''}.`,
  mapped: (p) => `Karte von ${count(p.nuclei)} Zellkernen erstellt in ${seconds(p.seconds)}.`,
  imported: (p) =>
    `${count(p.nuclei)} Zellkerne eingelesen${p.labels >= 0 ? `, ${count(p.labels)} mit Benennung` : ''}.` +
    listed(
      ' Ausgelassen: ',
      unpackLeftOut(p.left).map(({ count: n, reason }) => `${count(n)} ${leftOut[reason]}`),
    ),
  trained: (p) =>
    `${p.model}: Verlust ${decimal(p.from, 3)} → ${decimal(p.to, 3)} in ${count(p.steps)} Schritten, ` +
    `${seconds(p.seconds)}. ${p.parent} bleibt und kann wieder verwendet werden.`,
  pretrained: (p) =>
    `${p.model}: Verlust ${decimal(p.from, 2)} → ${decimal(p.to, 2)} über ${count(p.crops)} Ausschnitte, ${count(p.seconds)} s. ` +
    (p.told < 0
      ? ''
      : `In Gewebe, das es nie sah, errät es ${decimal(p.told, 1)} % des Verdeckten ` +
        `(das häufigste Bild: ${decimal(p.frequent, 1)} %, das nächste: ${decimal(p.copied, 1)} %). `) +
    `Es kennt noch keine Klassen: Wählen Sie es und trainieren Sie dann das ganze Netz nach.`,
  stepLabelled: (p) => `${nuclei(p.nuclei)} → ${p.name}`,
  stepAnswered: (p) => `${nuclei(p.nuclei)} → ${said[p.answer]}`,
  stepAgreed: (p) => `${count(p.nuclei)} Zellkerne, wie das Modell sagt`,
  stepAccepted: (p) => `${p.model} für ${count(p.nuclei)} Zellkerne angenommen`,
  stepImported: ({ file }) => `Zellkerne aus ${file}`,
  stepImportedLabels: ({ file }) => `Benennungen aus ${file}`,
  stepFound: () => 'Zellkerne gefunden',
  stepFoundKept: (p) => `Zellkerne gefunden; ${count(p.kept)} benannte nicht wiedergefunden und behalten`,
  stepFoundPartly: () => 'Zellkerne gefunden, bevor es abbrach',
  stepRegion: ({ name }) => `Region ${name} gezeichnet`,
  stepTissueAdded: ({ name }) => `Gewebe hinzugefügt: ${name}`,
  stepTissueTakenOut: ({ name }) => `Aus dem Gewebe genommen: ${name}`,
  stepRegionChanged: ({ name }) => `Region ${name} geändert`,
  stepRegionRemoved: ({ name }) => `Region ${name} entfernt`,
  stepDrawn: () => '1 Zellkern gezeichnet',
  stepRedrawn: () => '1 Zellkern neu gezeichnet',
  stepDeleted: (p) => `${nuclei(p.nuclei)} gelöscht`,
  stepSplit: () => '1 Zellkern geteilt',
  stepMerged: (p) => `${nuclei(p.nuclei)} vereint`,
  stepRescued: () => 'Nach Schaden gerettet',

  cancelled: () => 'Abgebrochen.',
  cancelledBefore: () => 'Abgebrochen, bevor es begann.',
  bug: () =>
    'Karyon ist dabei auf einen eigenen Fehler gestoßen; Benennungen sind sicher. Einzelheiten stehen im Terminal.',
  engineEnded: ({ reason }) =>
    `Der Rechenprozess endete mitten in der Arbeit (${reason}). Benennungen sind sicher; starten Sie erneut.`,
  modelWithoutClasses: ({ model }) =>
    `${model} kennt noch keine Klassen: Die Präparate bleiben, wie sie sind. Benennen Sie Zellkerne und trainieren Sie es nach.`,

  onShare: () =>
    'Dieses Projekt liegt auf einer Netzwerkfreigabe. Nur eine Person kann es zugleich öffnen, und Speichern dauert etwas länger.',
  slidesMissing: ({ slides }) =>
    `${slides === 1 ? 'Ein Präparat ist' : `${count(slides)} Präparate sind`} nicht mehr an ihrem Ort. Legen Sie sie ` +
    'zurück oder öffnen Sie eines am neuen Ort: Die anderen werden dann in demselben Ordner gesucht. Benennungen sind sicher.',

  refused: ({ doing, path, reason }) => `${doings[doing](path)}. ${reasons[reason]}.`,
  projectRefused: ({ path, reason }) => `Das Projekt ${path} ist nicht zu benutzen. ${reasons[reason]}.`,
  projectAway: ({ path }) =>
    `Das Projekt ${path} ist nicht mehr an seinem Ort: Sein Laufwerk oder Ordner ist weg. Bringen Sie es zurück; was bestätigt war, ist darin.`,
  otherProject: ({ path }) =>
    `Wo das Projekt ${path} war, liegt eine andere Datei: Ihr fehlen die neuesten Änderungen. Legen Sie die richtige zurück.`,
  projectInUse: ({ path, who }) =>
    `Das Projekt ${path} kann nur einmal geöffnet sein, und ${who} hat es geöffnet. Schließen Sie es dort und versuchen Sie es wieder.`,
  projectClosed: ({ path }) => `Das Projekt ${path} wurde geschlossen. Öffnen Sie es wieder.`,
  noProject: ({ path }) =>
    `Es gibt kein Projekt ${path}. Verbinden Sie sein Laufwerk oder wählen Sie den Ort, an dem es jetzt liegt.`,
  copyIsSelf: ({ path }) =>
    `${path} ist das geöffnete Projekt selbst; nichts wurde zusammengeführt. Wählen Sie die Kopie eines anderen Befunders.`,
  copyDamaged: ({ path }) =>
    `Die Kopie ${path} ist beschädigt; nichts von ihr wurde zusammengeführt. Öffnen Sie sie in Karyon, das rettet, was lesbar ist, und führen Sie sie dann zusammen.`,
  noSharedSlide: ({ file }) =>
    `${file} hat mit diesem Projekt kein Präparat gemeinsam; für die Benennungen gibt es hier keine Zellkerne. Wählen Sie Kopien eines Projekts.`,
  projectTaken: ({ path }) => `${path} ist schon da. Öffnen Sie es oder wählen Sie einen anderen Namen.`,
  projectName: ({ name }) =>
    `Der Name eines Projekts wird der seiner Datei: Er darf nicht leer sein, nicht mit einem Punkt beginnen und kein \\ / : * ? " < > | enthalten. Angegeben wurde „${name}“.`,
  elsewhere: ({ open }) =>
    `Das galt einem anderen Projekt als ${open}, das jetzt offen ist. Öffnen Sie jenes Projekt wieder.`,

  noScale: ({ path }) =>
    `Das Präparat ${path} sagt nicht, wie groß seine Pixel sind. Geben Sie die µm je Pixel an (0,25 bei 40×, 0,5 bei 20×).`,
  slideAway: ({ path }) =>
    `Das Präparat ${path} ist nicht mehr an seinem Ort. Legen Sie es zurück oder öffnen Sie es am neuen Ort; Benennungen sind sicher.`,
  slideDiffers: ({ path }) =>
    `Die Datei ${path} ist nicht das Präparat, mit dem dieses Projekt entstand: Ihr Inhalt ist ein anderer. Stellen Sie das Original wieder her; Benennungen sind sicher.`,
  noNuclei: () => 'Dieses Präparat hat noch keine Zellkerne. Finden Sie zuerst welche oder lesen Sie welche ein.',
  noLabels: () =>
    'Es gibt noch nichts zu lernen. Benennen Sie zuerst einige Zellkerne: einen auswählen und die Taste seiner Klasse drücken.',
  nothingToMask: () =>
    'Vortrainiert wird an Zellkernen ohne Benennungen, und kein Präparat dieses Projekts hat welche. Finden Sie zuerst welche oder lesen Sie welche ein.',
  allOutside: () =>
    'Alle Zellkerne dieses Präparats liegen, wo das Gewebe herausgenommen wurde. Fügen Sie es wieder hinzu oder suchen Sie Zellkerne im übrigen.',
  noTokens: () =>
    'Zellkerne werden nach ihren Tokens unter dem verwendeten Modell verglichen, und von diesen Umrissen gibt es noch keine. Klassifizieren Sie das Präparat zuerst.',
  keyTaken: ({ key, name }) => `Die Taste ${key} gibt schon ${name}. Wählen Sie eine andere.`,
  nameTaken: ({ name }) => `Es gibt schon eine Klasse ${name}. Wählen Sie einen anderen Namen.`,
  notCut: () => 'Die Linie teilt den Zellkern nicht. Ziehen Sie sie quer durch ihn, von einer Seite zur anderen.',
  notTouching: () =>
    'Diese Zellkerne berühren sich nicht und können nicht einer werden. Wählen Sie Nachbarn oder zeichnen Sie den Umriss neu.',
  stepStays: () =>
    'Dieser Schritt lässt sich weder rückgängig machen noch wiederholen: Ein anderer trat an seine Stelle, oder was er braucht, wurde aufgegeben. Wählen Sie einen anderen.',
  noneLikeThat: () => 'Kein Zellkern dieses Präparats ist so; es gibt nichts zu benennen. Wählen Sie andere.',
}
