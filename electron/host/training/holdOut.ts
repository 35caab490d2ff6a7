import { dirname } from 'node:path'
import { z } from 'zod'
import { message, type HoldOut, type Message, type TrainingPlan } from '../../contract/index.ts'
import { blocksOf, foldsOf } from '../../../models/statistics/blocks.ts'
import { fewestHeldOut, fewestHeldOutOfClass } from '../../../models/statistics/heldOutScore.ts'
import type { ProjectContext } from '../state/context.ts'
import type { KnownModel } from '../state/models.ts'
import { modelsFolder } from '../state/paths.ts'
import { slideNames } from '../state/slideNames.ts'
import { labelsBySlide, type SlideLabels } from './labelledSlides.ts'

/** Part of a slide, in its pixels: x0 ≤ x < x1 and y0 ≤ y < y1. */
const areaSchema = z.object({
  slideId: z.number().int(),
  area: z.tuple([z.number(), z.number(), z.number(), z.number()]),
})
type Area = z.infer<typeof areaSchema>

/** What each model that was trained in a project learned from: by its id, the slides, without the areas held out. */
const learnedSchema = z.record(
  z.string(),
  z.object({ slideIds: z.array(z.number().int()), heldOut: z.array(areaSchema) }),
)
type Learned = z.infer<typeof learnedSchema>[string]

export interface HoldOutPlan {
  readonly learn: SlideLabels[]
  readonly heldOut: SlideLabels[]
  /** Remembered for the models that will be trained from the new one (rememberLearned). */
  readonly learned: Learned
  readonly summary: TrainingPlan
}

/** From this many labelled slides on, whole slides are held out instead of regions. */
const slidesForWhole = 4
/** Fewest labels to learn from, where Karyon chooses what is held out. */
const fewestLearned = 20
/** With fewer labels a third of them is held out instead of a quarter: less would be too few to say anything. */
const labelsForQuarter = 80
/** Beyond every slide: JSON has no infinity. */
const far = 1e9

/**
 * Divides a project's labels into those that a training learns from and those that it holds out. A region or slide is
 * held out as a whole, never nuclei among others that are learned from: neighbours look alike. Labels from which the
 * parent, or a model before it, has learned in this project are never held out: it would seem better than it is.
 * Therefore what one training held out, the next one from its model holds out again, with what was labelled there since.
 */
export function planHoldOut(
  context: ProjectContext,
  parent: KnownModel,
  wanted: HoldOut = { kind: 'none' },
): HoldOutPlan {
  const { project } = context
  const slides = labelsBySlide(context).filter(({ index }) => index.length > 0)
  const places = slides.map(placesOf)
  const history = learnedBefore(context, parent)
  const isClean = slides.map(({ slideId }, s) =>
    places[s].x.map((x, k) => !history.some((one) => hasLearned(one, slideId, x, places[s].y[k]))),
  )
  const { areas, what } = chosenAreas(context, { slides, places, isClean, history, parent, wanted })
  const heldAt = slides.map(({ slideId }, s) =>
    places[s].x.map((x, k) => areas.some((area) => isIn(area, slideId, x, places[s].y[k]))),
  )
  const part = (chosen: (s: number, k: number) => boolean) =>
    slides
      .map((slide, s) => {
        const kept = [...slide.index.keys()].filter((k) => chosen(s, k))
        return {
          ...slide,
          index: Uint32Array.from(kept, (k) => slide.index[k]),
          label: Uint16Array.from(kept, (k) => slide.label[k]),
        }
      })
      .filter(({ index }) => index.length > 0)
  const learn = part((s, k) => !heldAt[s][k])
  const heldOut = part((s, k) => heldAt[s][k] && isClean[s][k])
  const count = (some: readonly SlideLabels[]) => some.reduce((n, { index }) => n + index.length, 0)
  const [learned, held] = [count(learn), count(heldOut)]
  const leftOut = count(slides) - learned - held
  const classes = project.classes.all()
  const summary: TrainingPlan = {
    slides: slides.map(({ slideId, label }) => {
      const ofHeld = heldOut.find((one) => one.slideId === slideId)?.label ?? []
      return {
        slideId,
        classes: classes.flatMap(({ id }, c) => {
          const labels = label.filter((l) => l === c).length
          return labels > 0 ? [{ classId: id, labels, heldOut: ofHeld.filter((l) => l === c).length }] : []
        }),
      }
    }),
    ...{ learned, heldOut: held, leftOut },
    what: what(held),
    advice: advice({ classes: classes.map(({ name }) => name), learn, heldOut, held, leftOut, parent }),
  }
  const learnedIds = learn.map(({ slideId }) => slideId)
  return { learn, heldOut, learned: { slideIds: learnedIds, heldOut: areas }, summary }
}

/** Stores what a model has learned from. */
export function rememberLearned({ project }: ProjectContext, modelId: string, learned: Learned): void {
  project.settings.set('learnedFrom', JSON.stringify({ ...learnedBy(project), [modelId]: learned }))
}

const learnedBy = (project: ProjectContext['project']) =>
  learnedSchema.parse(JSON.parse(project.settings.get('learnedFrom') ?? '{}'))

type Places = ReturnType<typeof placesOf>

/** Returns the middles of the labelled nuclei, in the slide's pixels. */
export function placesOf({ heads: { box, origin }, index }: SlideLabels) {
  return {
    x: Array.from(index, (i) => (box[4 * i] + box[4 * i + 2]) / 2 + origin[0]),
    y: Array.from(index, (i) => (box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1]),
  }
}

const isIn = ({ slideId, area: [x0, y0, x1, y1] }: Area, slide: number, x: number, y: number): boolean =>
  slideId === slide && x >= x0 && x < x1 && y >= y0 && y < y1

const hasLearned = (learned: Learned | 'everything', slideId: number, x: number, y: number): boolean =>
  learned === 'everything' ||
  (learned.slideIds.includes(slideId) && !learned.heldOut.some((area) => isIn(area, slideId, x, y)))

/** Returns what a model and its ancestors have learned from in this project, the oldest first. */
function learnedBefore({ project, models }: ProjectContext, parent: KnownModel): (Learned | 'everything')[] {
  const known = learnedBy(project)
  return [...parent.lineage, parent.id].flatMap((id): (Learned | 'everything')[] => {
    if (Object.hasOwn(known, id)) return [known[id]]
    // A model that was trained here before this was remembered may have learned from any label.
    const own = models.all().find((model) => model.id === id)
    return own && dirname(own.folder) === modelsFolder(project.path) ? ['everything'] : []
  })
}

interface Choice {
  readonly slides: readonly SlideLabels[]
  readonly places: readonly Places[]
  readonly isClean: readonly boolean[][]
  readonly history: readonly (Learned | 'everything')[]
  readonly parent: KnownModel
  readonly wanted: HoldOut
}

/** Returns the areas that are held out, and what says so once their labels are counted. */
function chosenAreas(context: ProjectContext, choice: Choice): { areas: Area[]; what: (held: number) => Message } {
  const { slides, places, isClean, history, parent, wanted } = choice
  const names = slideNames(context.project)
  const namesOf = (areas: readonly Area[]) =>
    [...new Set(areas.map(({ slideId }) => slideId))].map((id) => names.get(id) ?? String(id))
  if (wanted.kind === 'none') return { areas: [], what: () => message('heldOutNothing') }
  if (wanted.kind === 'slides') {
    const areas = wanted.slideIds.map((slideId): Area => ({ slideId, area: [-far, -far, far, far] }))
    for (const { slideId } of areas) context.project.slides.get(slideId)
    return { areas, what: (labels) => message('heldOutChosen', { labels, slides: namesOf(areas) }) }
  }
  const say = (areas: readonly Area[]) => (labels: number) => {
    const isWhole = areas.every(({ area }) => area[0] <= -far && area[1] <= -far && area[2] >= far && area[3] >= far)
    const about = { labels, slides: namesOf(areas) }
    return isWhole ? message('heldOutSlides', about) : message('heldOutRegions', { ...about, regions: areas.length })
  }
  const clean = slides.map((_, s) => [...isClean[s].keys()].filter((k) => isClean[s][k]))
  const all = clean.reduce((n, own) => n + own.length, 0)
  const before = history.findLast((one) => one !== 'everything' && one.heldOut.length > 0)
  if (before && before !== 'everything') {
    const again = clean.flatMap((own, s) =>
      own.filter((k) => before.heldOut.some((area) => isIn(area, slides[s].slideId, places[s].x[k], places[s].y[k]))),
    )
    if (again.length >= fewestHeldOut) return { areas: before.heldOut, what: say(before.heldOut) }
  }
  const cleanPlaces = places.map(({ x, y }, s) => ({ x: clean[s].map((k) => x[k]), y: clean[s].map((k) => y[k]) }))
  const cleanSlides = clean.filter((own) => own.length > 0).length
  const blocks = blocksOf(cleanPlaces, cleanSlides >= slidesForWhole ? cleanSlides : 8)
  const block = Uint32Array.from(blocks.flatMap(({ points }, b) => points.map(() => b)))
  const fold = foldsOf(block, all >= labelsForQuarter ? 4 : 3)
  const total = slides.reduce((n, { index }) => n + index.length, 0)
  let best: { chosen: number[]; worth: number } | undefined
  for (let f = 0; f < fold.reduce((last, one) => Math.max(last, one + 1), 0); f++) {
    const chosen = [...blocks.keys()].filter((b) => fold[b] === f)
    const labels = chosen.flatMap((b) =>
      blocks[b].points.map((k) => slides[blocks[b].slide].label[clean[blocks[b].slide][k]]),
    )
    const perClass = new Map<number, number>()
    for (const c of labels) perClass.set(c, (perClass.get(c) ?? 0) + 1)
    if (labels.length < fewestHeldOut || perClass.size < 2 || total - labels.length < fewestLearned) continue
    // Classes that can be judged count most, then those that occur at all.
    const judged = [...perClass.values()].filter((n) => n >= fewestHeldOutOfClass).length
    const worth = 100 * judged + perClass.size
    if (!best || worth > best.worth) best = { chosen, worth }
  }
  if (!best) {
    const reason =
      all < total
        ? message('heldOutAllLearned', { labels: total, model: parent.title })
        : message('heldOutTooFew', { labels: total, fewest: 3 * fewestHeldOut })
    return { areas: [], what: () => reason }
  }
  const areas = best.chosen.map((b): Area => {
    const { slide, area } = blocks[b]
    const [x0, y0, x1, y1] = area.map((v) => Math.min(far, Math.max(-far, v)))
    return { slideId: slides[slide].slideId, area: [x0, y0, x1, y1] }
  })
  return { areas, what: say(areas) }
}

interface Advised {
  readonly classes: readonly string[]
  readonly learn: readonly SlideLabels[]
  readonly heldOut: readonly SlideLabels[]
  readonly held: number
  readonly leftOut: number
  readonly parent: KnownModel
}

/** Says what to label so that more can be said of the new model, and what is left out. */
function advice({ classes, learn, heldOut, held, leftOut, parent }: Advised): Message[] {
  const per = (some: readonly SlideLabels[]) =>
    classes.map((_, c) => some.reduce((n, { label }) => n + label.filter((l) => l === c).length, 0))
  const [ofLearned, ofHeld] = [per(learn), per(heldOut)]
  const said: Message[] = []
  if (leftOut > 0) said.push(message('adviceLeftOut', { labels: leftOut, model: parent.title }))
  if (held === 0) return said
  if (held < fewestHeldOut) said.push(message('adviceMoreHeldOut', { labels: held, fewest: fewestHeldOut }))
  const named = (wanted: (c: number) => boolean, counts: readonly number[]) =>
    classes.flatMap((name, c) => (wanted(c) ? [{ name, labels: counts[c] }] : []))
  const unlearned = named((c) => ofLearned[c] === 0 && ofHeld[c] > 0, ofHeld)
  if (unlearned.length > 0) said.push(message('adviceUnlearned', { classes: unlearned.map(({ name }) => name) }))
  const few = named((c) => ofLearned[c] + ofHeld[c] > 0 && ofHeld[c] < fewestHeldOutOfClass, ofHeld)
  if (held >= fewestHeldOut && few.length > 0)
    said.push(message('adviceFewOfClass', { classes: few, fewest: fewestHeldOutOfClass }))
  return said
}
