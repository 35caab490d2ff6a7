import type { projects as english } from '../english/projects.ts'
import type { Translated } from '../sentence.ts'
import { reasons } from './system.ts'
import { count, quoted } from './words.ts'

const foreign =
  'Wählen Sie eine Datei, die auf .karyon endet und von Karyon angelegt wurde, oder stellen Sie sie aus einer Sicherung wieder her.'

export const projects: Translated<typeof english> = {
  onShare: () =>
    'Dieses Projekt liegt auf einer Netzwerkfreigabe. Nur eine Person kann es zugleich öffnen, und Speichern dauert etwas länger.',
  slidesMissing: ({ slides }) =>
    (slides === 1
      ? 'Ein Präparat ist nicht mehr an seinem Ort. Legen Sie es zurück oder öffnen Sie es am neuen Ort. '
      : `${count(slides)} Präparate sind nicht mehr an ihrem Ort. Legen Sie sie zurück oder öffnen Sie eines am neuen Ort: ` +
        'Die anderen werden dann in demselben Ordner gesucht. ') + 'Benennungen sind sicher.',
  projectRefused: ({ path, reason }) => `Das Projekt ${path} ist nicht zu benutzen. ${reasons[reason]}.`,
  projectAway: ({ path }) =>
    `Das Projekt ${path} ist nicht mehr an seinem Ort: Sein Laufwerk oder Ordner ist weg. Bringen Sie es zurück; was bestätigt war, ist darin.`,
  otherProject: ({ path }) =>
    `Wo das Projekt ${path} war, liegt eine andere Datei: Ihr fehlen die neuesten Änderungen. Legen Sie die richtige zurück.`,
  projectInUse: ({ path, by }) =>
    `Das Projekt ${path} kann nur einmal geöffnet sein, und ` +
    `${by === null ? 'ein anderes Programm' : `${by.user} auf ${by.host} (Prozess ${by.process})`} hat es geöffnet. Schließen Sie es dort und versuchen Sie es wieder.`,
  projectClosed: ({ path }) => `Das Projekt ${path} wurde geschlossen. Öffnen Sie es wieder.`,
  closedBadly: ({ name }) => `${name} ließ sich nicht sauber schließen. Benennungen sind sicher.`,
  noProject: ({ path }) =>
    `Es gibt kein Projekt ${path}. Verbinden Sie sein Laufwerk oder wählen Sie den Ort, an dem es jetzt liegt.`,
  projectTaken: ({ path }) => `${path} ist schon da. Öffnen Sie es oder wählen Sie einen anderen Namen.`,
  projectName: ({ name }) =>
    `Der Name eines Projekts wird der seiner Datei: Er darf nicht leer sein, nicht mit einem Punkt beginnen und kein \\ / : * ? " < > | enthalten. Angegeben wurde „${name}“.`,
  projectNewer: ({ path, version, known }) =>
    `Das Projekt ${path} wurde von einem neueren Karyon geschrieben (Fassung ${version} der Datei; dieses liest bis ${known}). Aktualisieren Sie Karyon, um es zu öffnen.`,
  projectEmpty: ({ path }) => `Das Projekt ${path} ist eine leere Datei. ${foreign}`,
  projectForeign: ({ path }) => `Die Datei ${path} ist kein Karyon-Projekt. ${foreign}`,
  projectHoldsCode: ({ path, names, count: n }) =>
    `Das Projekt ${path} wurde nicht geöffnet: Es enthält Trigger, Sichten oder virtuelle Tabellen, die Karyon nicht anlegt (${quoted(names)}` +
    `${n > names.length ? ', …' : ''}); sie könnten von selbst Benennungen ändern. Nichts davon wurde ausgeführt. ` +
    'Fragen Sie die Person, von der Sie es haben, oder stellen Sie es aus einer Sicherung wieder her.',
  elsewhere: ({ open }) =>
    `Das galt einem anderen Projekt als ${open}, das jetzt offen ist. Öffnen Sie jenes Projekt wieder.`,
  workUnderWay: ({ titles }, say) =>
    `Es wird gearbeitet (${titles.map(say).join(', ')}). Ein anderes Projekt zu öffnen hält die Arbeit an; was getan ist, bleibt. ` +
    'Bestätigen Sie, dass sie angehalten werden darf, oder warten Sie ab.',
  recentDamaged: ({ aside }) =>
    `Die Liste der letzten Projekte war beschädigt und wurde neu begonnen. Die alte ist als ${aside} aufbewahrt.`,

  copyIsSelf: ({ path }) =>
    `${path} ist das geöffnete Projekt selbst; nichts wurde zusammengeführt. Wählen Sie die Kopie eines anderen Befunders.`,
  copyDamaged: ({ path }) =>
    `Die Kopie ${path} ist beschädigt; nichts von ihr wurde zusammengeführt. Öffnen Sie sie in Karyon, das rettet, was lesbar ist, und führen Sie sie dann zusammen.`,
  noSharedSlide: ({ file }) =>
    `${file} hat mit diesem Projekt kein Präparat gemeinsam; für die Benennungen gibt es hier keine Zellkerne. Wählen Sie Kopien eines Projekts.`,

  noSlide: ({ id }) => `In diesem Projekt gibt es kein Präparat ${id}. Öffnen Sie das Präparat zuerst.`,
  noScale: ({ path }) =>
    `Das Präparat ${path} sagt nicht, wie groß seine Pixel sind. Geben Sie die µm je Pixel an (0,25 bei 40×, 0,5 bei 20×).`,
  slideAway: ({ path }) =>
    `Das Präparat ${path} ist nicht mehr an seinem Ort. Legen Sie es zurück oder öffnen Sie es am neuen Ort; Benennungen sind sicher.`,
  slideDiffers: ({ path }) =>
    `Die Datei ${path} ist nicht das Präparat, mit dem dieses Projekt entstand: Ihr Inhalt ist ein anderer. Stellen Sie das Original wieder her; Benennungen sind sicher.`,
  noRun: ({ id }) => `In diesem Projekt gibt es keine Klassifikation ${id}. Wählen Sie eine der vorhandenen.`,
  noNucleus: ({ id }) =>
    `Der Zellkern ${id} ist nicht auf diesem Präparat. Vielleicht verschwand er bei einer neuen Suche; wählen Sie ihn neu aus.`,
  noChunk: ({ slide, chunk }) =>
    `Das Präparat ${slide} hat keinen Block ${chunk} von Zellkernen. Fragen Sie seine Blöcke neu ab.`,

  noClass: ({ id }) => `In diesem Projekt gibt es keine Klasse ${id}. Wählen Sie eine seiner Klassen.`,
  classInUse: ({ name, uses }, say) =>
    `Die Klasse ${name} wird benutzt: ${uses.map(say).join(' und ')}. Davon darf nichts verloren gehen. Benennen Sie sie stattdessen um.`,
  classUsesLabels: ({ count: n }) => (n === 1 ? '1 Benennung' : `${count(n)} Benennungen`),
  classUsesSteps: ({ count: n }) => (n === 1 ? '1 Schritt des Verlaufs' : `${count(n)} Schritte des Verlaufs`),
  classUsesRuns: ({ count: n }) =>
    n === 1 ? '1 Klassifikation durch ein Modell' : `${count(n)} Klassifikationen durch Modelle`,
  keyTaken: ({ key, name }) => `Die Taste ${key} gibt schon ${name}. Wählen Sie eine andere.`,
  nameTaken: ({ name }) => `Es gibt schon eine Klasse ${name}. Wählen Sie einen anderen Namen.`,

  notCut: () => 'Die Linie teilt den Zellkern nicht. Ziehen Sie sie quer durch ihn, von einer Seite zur anderen.',
  notTouching: () =>
    'Diese Zellkerne berühren sich nicht und können nicht einer werden. Wählen Sie Nachbarn oder zeichnen Sie den Umriss neu.',
  mergeNeedsTwo: () => 'Zum Vereinen braucht es mindestens zwei Zellkerne. Wählen Sie auch den Nachbarn aus.',
  labelNeedsNucleus: () => 'Eine Benennung braucht mindestens einen Zellkern; angegeben wurde keiner.',
  stepStays: () =>
    'Dieser Schritt lässt sich weder rückgängig machen noch wiederholen: Ein anderer trat an seine Stelle, oder was er braucht, wurde aufgegeben. Wählen Sie einen anderen.',
}
