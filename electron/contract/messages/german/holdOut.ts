import type { holdOut as english } from '../english/holdOut.ts'
import type { Translated } from '../sentence.ts'
import { count, some } from './words.ts'

export const holdOut: Translated<typeof english> = {
  heldOutNothing: () =>
    'Nichts wird zurückgehalten: Das neue Modell lernt aus jeder Benennung, und nichts zeigt dann, wie oft es bei anderen recht hat.',
  heldOutSlides: (p) =>
    `Zurückgehalten: alle ${count(p.labels)} Benennungen auf ${slidesOf(p.slides)}. Das neue Modell lernt daraus nicht und wird daran gemessen: So wird es auf Präparaten sein, die es nicht kennt.`,
  heldOutRegions: (p) =>
    `Zurückgehalten: ${count(p.labels)} Benennungen in ${p.regions === 1 ? '1 Bereich' : `${count(p.regions)} Bereichen`} von ${some(p.slides)}. Das neue Modell lernt daraus nicht und wird dort gemessen. Bei weniger als vier benannten Präparaten werden keine ganzen zurückgehalten; so zeigt sich, wie es anderswo auf diesen ist, nicht auf anderen.`,
  heldOutChosen: (p) =>
    `Zurückgehalten, wie von Ihnen gewählt: ${slidesOf(p.slides)}, mit ${p.labels === 1 ? '1 Benennung' : `${count(p.labels)} Benennungen`}. Das neue Modell lernt daraus nicht und wird daran gemessen.`,
  heldOutTooFew: (p) =>
    `Noch kann nichts zurückgehalten werden: Es gibt ${count(p.labels)} Benennungen, nötig sind etwa ${count(p.fewest)}, von mindestens zwei Klassen und an mehreren Stellen. Das neue Modell lernt aus allen, und nichts zeigt dann, wie oft es recht hat. Benennen Sie mehr Zellkerne, am besten in anderen Teilen des Präparats oder auf anderen.`,
  heldOutAllLearned: (p) =>
    `Nichts kann zurückgehalten werden: ${p.model} hat aus diesen ${count(p.labels)} Benennungen schon gelernt, oder aus fast allen, und erschiene besser, als es ist. Benennen Sie Zellkerne auf einem anderen Präparat, oder trainieren Sie ein früheres Modell.`,
  adviceLeftOut: (p) =>
    `${p.labels === 1 ? '1 Benennung dient' : `${count(p.labels)} Benennungen dienen`} weder zum Lernen noch zum Messen, weil ${p.model} schon daraus gelernt hat.`,
  adviceMoreHeldOut: (p) =>
    `${p.labels === 1 ? '1 zurückgehaltene Benennung ist' : `${count(p.labels)} zurückgehaltene Benennungen sind`} zu wenig, um zu sagen, wie oft das Modell recht hat: Benennen Sie mindestens ${count(p.fewest)} in dem, was zurückgehalten wird.`,
  adviceUnlearned: (p) =>
    `Jede Benennung von ${p.classes.join(', ')} wird zurückgehalten, also kann das neue Modell ${p.classes.length === 1 ? 'diese Klasse' : 'diese Klassen'} nicht lernen. Benennen Sie anderswo welche.`,
  adviceFewOfClass: (p) =>
    `Zu wenige zurückgehaltene Benennungen, um ${p.classes.map(({ name, labels }) => `${name} (${count(labels)})`).join(', ')} zu messen: Nötig sind ${count(p.fewest)} je Klasse.`,
  allHeldOut: () =>
    'Jede Benennung wird zurückgehalten oder wurde schon gelernt, also gibt es nichts zu lernen. Halten Sie weniger Präparate zurück, oder benennen Sie Zellkerne auf anderen.',
}

const slidesOf = (names: readonly string[]): string =>
  names.length === 1 ? names[0] : `${count(names.length)} Präparaten (${some(names)})`
