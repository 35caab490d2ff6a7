import type { cohort as english } from '../english/cohort.ts'
import type { Translated } from '../sentence.ts'
import { count, quoted } from './words.ts'

export const cohort: Translated<typeof english> = {
  cohortFolderAway: ({ path }) =>
    `Der Ordner ${path} fehlt oder ist leer, vielleicht ist sein Netzlaufwerk nicht da. Verbinden Sie es; der Auftrag wartet so lange.`,
  cohortPathLeaves: ({ slide }) =>
    `Ein Schnitt muss im Ordner der Schnitte liegen (--slides); ${slide} führt hinaus, selbst oder über einen symbolischen Link. Legen Sie den Schnitt in den Ordner.`,
  cohortOtherWeights: (p) =>
    `${p.kind === 'model' ? 'Das Modell' : 'Der Detektor'} ${p.name} muss dieselben Gewichte haben wie beim Einreihen (SHA-256 ${p.wanted.slice(0, 12)}…), ` +
    `hat auf diesem Rechner aber andere (${p.found.slice(0, 12)}…). Kopieren Sie den richtigen Ordner hierher und nennen Sie ihn mit --models. Dieser Rechner hört auf.`,
  cohortOther: ({ results }) =>
    `Die Ergebnisse aller Rechner müssen in einen Ordner; ${results} ist nicht der, für den die Aufträge gemacht sind. Prüfen Sie --results und --name. Dieser Rechner hört auf.`,
  cohortOtherSlide: (p) =>
    `Der Schnitt muss der sein, der eingereiht wurde: ${p.slide} hatte ${bytes(p.wanted)} und hat hier ${bytes(p.found)}. Prüfen Sie --slides, oder reihen Sie ihn neu ein.`,
  cohortFileWrong: ({ file, issue }, say) =>
    `${file} ist nicht, was Karyon dort schreibt: ${say(issue)}. Legen Sie die Datei woanders hin.`,
  cohortJobWrong: ({ issue }, say) =>
    `Der Auftrag hat nicht die Form, die dieses Karyon kennt: ${say(issue)}. Benutzen Sie zum Einreihen und Arbeiten dieselbe Version.`,
  cohortResultName: ({ given }) =>
    `Das Ergebnis eines Auftrags muss heißen, wie es aus dem Auftrag folgt; angegeben ist ${given}. Reihen Sie ihn neu ein.`,
  cohortQueueUrl: () =>
    'Eine Warteschlange hat eine Adresse wie redis://host:6379, oder rediss://… für eine verschlüsselte Verbindung. Prüfen Sie --queue oder KARYON_QUEUE.',
  cohortQueueRefuses: ({ server }) =>
    `Die Warteschlange bei ${server} weist Namen oder Passwort ab. Prüfen Sie beides in --queue oder KARYON_QUEUE.`,
  cohortQueueAway: ({ server, reason }) =>
    `Die Warteschlange bei ${server} muss antworten, tut es aber nicht (${reason}). Starten Sie dort Redis, oder prüfen Sie die Adresse.`,
  cohortQueueWaits: ({ server }) =>
    `Die Warteschlange bei ${server} ist nicht da. Der laufende Auftrag geht weiter, und dieser Rechner wartet auf sie.`,
  cohortQueueBack: ({ server }) => `Die Warteschlange bei ${server} ist wieder da.`,
  cohortGivenBack: ({ id }) => `${id}: zurückgegeben; der nächste Rechner macht bei dem weiter, was gespeichert ist.`,
  cohortNotKept: ({ server }) =>
    `Die Warteschlange bei ${server} hält ihre Aufträge nur im Speicher, und ein Neustart verliert sie. Schalten Sie ihre Append-only-Datei ein („appendonly yes“).`,
  cohortNoSlides: ({ folder }) =>
    `In ${folder} oder darunter muss mindestens ein Schnitt liegen, und es liegt keiner dort. Prüfen Sie den Pfad.`,
  cohortNotBelow: ({ folder, slides }) =>
    `${folder} muss im Ordner der Schnitte ${slides} liegen. Prüfen Sie --slides.`,
  cohortNeedsQueue: () =>
    'Welche Warteschlange? Nennen Sie sie mit --queue redis://host:6379, oder in der Umgebung als KARYON_QUEUE.',
  cohortNameForm: ({ name }) =>
    `Ein Modell, das Rechnern mit seinem Namen genannt wird, darf aus Buchstaben, Ziffern, „.“, „-“ und „_“ bestehen; es heißt ${quoted([name])}. Benennen Sie seinen Ordner um.`,
}

const bytes = (n: number | null): string => (n === null ? 'einen Ordner' : `${count(n)} Byte`)
