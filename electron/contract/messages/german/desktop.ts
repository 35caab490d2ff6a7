import type { desktop as english } from '../english/desktop.ts'
import type { Translated } from '../sentence.ts'

export const desktop: Translated<typeof english> = {
  menuFile: () => 'Datei',
  menuNew: () => 'Neues Projekt…',
  menuOpen: () => 'Projekt öffnen…',
  menuRecent: () => 'Letzte Projekte…',
  menuClose: () => 'Fenster schließen',
  menuQuit: () => 'Beenden',
  menuEdit: () => 'Bearbeiten',
  menuCut: () => 'Ausschneiden',
  menuCopy: () => 'Kopieren',
  menuPaste: () => 'Einfügen',
  menuView: () => 'Ansicht',
  menuFullScreen: () => 'Vollbild',
  menuDeveloperTools: () => 'Entwicklerwerkzeuge',
  menuAbout: () => 'Über Karyon',
  menuServices: () => 'Dienste',
  menuHide: () => 'Karyon ausblenden',
  menuHideOthers: () => 'Andere ausblenden',
  menuShowAll: () => 'Alle einblenden',
  menuQuitKaryon: () => 'Karyon beenden',
  projectFiles: () => 'Karyon-Projekte',
  cannotStart: () => 'Karyon kann nicht starten',
  stopped: () => 'Karyon wurde beendet',
  hostEnded: ({ code }) =>
    `Der Host-Prozess endete mit Code ${code}. Benennungen sind sicher. Starten Sie Karyon erneut.`,
  closeUnsaved: () => 'Einige Änderungen sind noch nicht gespeichert.',
  closeUnsavedDetail: () =>
    'Ihr Datenträger ist voll oder nicht erreichbar. Wenn Sie jetzt schließen, gehen sie verloren.',
  closeStay: () => 'Offen lassen',
  closeLeave: () => 'Schließen und verlieren',
  graphicsFailed: () => 'Der Grafiktreiber ist ausgefallen.',
  graphicsFailedDetail: () =>
    'Karyon kann neu starten und ohne die Grafikkarte zeichnen; das ist langsamer. Benennungen sind gespeichert. Laufende Arbeit hält an und kann fortgesetzt werden.',
  graphicsRestart: () => 'Neu starten',
  graphicsGoOn: () => 'Fortfahren',
  drawsInSoftware: () =>
    'Der Schnitt wird ohne die Grafikkarte gezeichnet, weil ihr Treiber ausfiel. Das ist langsamer. Der nächste Start versucht es wieder mit der Karte.',
}
