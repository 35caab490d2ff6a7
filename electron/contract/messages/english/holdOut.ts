import type { Room } from '../sentence.ts'
import { count, some } from './words.ts'

/** What a training does not learn from, so that its model can be judged, and what to label for that. */
export const holdOut = {
  heldOutNothing: () =>
    'Nothing is held out: the new model learns from every label, and nothing then shows how right it is on others.',
  heldOutSlides: (p: { labels: number; slides: readonly string[] }) =>
    `Held out: all ${count(p.labels)} labels on ${slidesOf(p.slides)}. The new model does not learn from ${p.slides.length === 1 ? 'this slide' : 'these slides'} and is judged on ${p.slides.length === 1 ? 'it' : 'them'}: that is how it will do on slides that it has not seen.`,
  heldOutRegions: (p: { labels: number; regions: number; slides: readonly string[] }) =>
    `Held out: ${count(p.labels)} labels in ${p.regions === 1 ? '1 region' : `${count(p.regions)} regions`} of ${some(p.slides)}. The new model does not learn from ${p.regions === 1 ? 'it' : 'them'} and is judged there. With fewer than four labelled slides whole slides are not held out, so this shows how it does elsewhere on these slides, not on others.`,
  heldOutChosen: (p: { labels: number; slides: readonly string[] }) =>
    `Held out, as you chose: ${slidesOf(p.slides)}, with ${p.labels === 1 ? '1 label' : `${count(p.labels)} labels`}. The new model does not learn from ${p.slides.length === 1 ? 'this slide' : 'these slides'} and is judged on ${p.slides.length === 1 ? 'it' : 'them'}.`,
  heldOutTooFew: (p: { labels: number; fewest: number }) =>
    `Nothing can be held out yet: there are ${count(p.labels)} labels, and it takes about ${count(p.fewest)}, of at least two classes and in several places. The new model learns from all of them, and nothing then shows how right it is. Label more nuclei, best in other parts of the slide or on other slides.`,
  heldOutAllLearned: (p: { labels: number; model: string }) =>
    `Nothing can be held out: ${p.model} has already learned from these ${count(p.labels)} labels, or from all but a few, and would seem better than it is. Label nuclei on another slide, or train from an earlier model.`,
  adviceLeftOut: (p: { labels: number; model: string }) =>
    `${p.labels === 1 ? '1 label is' : `${count(p.labels)} labels are`} neither learned from nor used to judge, because ${p.model} has learned from ${p.labels === 1 ? 'it' : 'them'} before.`,
  adviceMoreHeldOut: (p: { labels: number; fewest: number }) =>
    `${p.labels === 1 ? '1 held-out label is' : `${count(p.labels)} held-out labels are`} too few to say how right the model is: label at least ${count(p.fewest)} in what is held out.`,
  adviceUnlearned: (p: { classes: readonly string[] }) =>
    `Every label of ${p.classes.join(', ')} is held out, so the new model cannot learn ${p.classes.length === 1 ? 'that class' : 'those classes'}. Label some elsewhere.`,
  adviceFewOfClass: (p: { classes: readonly { name: string; labels: number }[]; fewest: number }) =>
    `Too few held-out labels to judge ${p.classes.map(({ name, labels }) => `${name} (${count(labels)})`).join(', ')}: it takes ${count(p.fewest)} of a class.`,
  allHeldOut: () =>
    'Every label is held out or was learned from before, so there is nothing to learn from. Hold out fewer slides, or label nuclei on others.',
} satisfies Room

const slidesOf = (names: readonly string[]): string =>
  names.length === 1 ? names[0] : `${count(names.length)} slides (${some(names)})`
