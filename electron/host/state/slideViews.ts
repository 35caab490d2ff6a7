import { basename } from 'node:path'
import {
  ChangeLog,
  ClassCounts,
  encodePredicted,
  mostInShownPatch,
  nucleusSources,
  shownAt,
  uniqueAscending,
  type ClassifiedNuclei,
  type NucleusDetails,
  type NucleusHead,
  type ShownClasses,
  type ShownPatch,
  type ShownUpdate,
  type ShownVersion,
  type SlideSummary,
} from '../../contract/index.ts'
import {
  classColumns,
  mostProbable,
  predictedClasses,
  probabilityUnit,
  addRow,
  showOne,
  shownClasses,
  type Predictions,
  type Project,
  combineRuns,
} from '../../store/index.ts'
import type { Outside, Tissue } from './tissue.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'
import { takeNuclei } from '../../../models/nuclei/join.ts'

/** What is shown of a slide and what is derived from it; kept up nucleus by nucleus while `key` and `outside` hold. */
interface Shown {
  readonly key: string
  readonly outside: Outside
  readonly classes: ShownClasses
  readonly counts: ClassCounts
  /** Labelled nuclei that count no more. */
  labelledOutside: number
}

interface View {
  /** Its version is that of the shown classes. */
  readonly changes: ChangeLog
  predictedVersion: number
  /** Of which runs and which nuclei the predictions are. */
  key: string
  predictions: Predictions | undefined
  /** Nuclei that count and of which the predictions say nothing, for an Outside. */
  unspoken?: { readonly outside: Outside; readonly nuclei: number }
  shown?: Shown
}

/** Where more than this part of the nuclei changed, all are sent: positions cost about as much as what is shown there. */
const mostSentSingly = 1 / 4

/**
 * What is shown of each slide: columns derived from the project, kept while they hold. A label changes its own nuclei in
 * them, and pages fetch those alone; after anything else the columns are made and fetched anew.
 */
export class SlideViews {
  readonly #project: Project
  readonly #tissue: Tissue
  readonly #views = new Map<number, View>()

  constructor(project: Project, tissue: Tissue) {
    this.#project = project
    this.#tissue = tissue
  }

  /** To be called whenever nuclei, the shown run or what is tissue of a slide changed. */
  changed(slideId: number): void {
    const view = this.#view(slideId)
    view.shown = undefined
    view.predictedVersion++
    view.changes.add(null)
  }

  /** To be called whenever labels of some nuclei of a slide changed, and nothing else. */
  labelled(slideId: number, ids: Uint32Array): void {
    this.#changedAt(slideId, this.#placesOf(slideId, ids))
  }

  /** Takes in what a run has just said of nuclei whose outlines came at `since`, without reading the whole run again. */
  learned(
    slideId: number,
    runId: number,
    { id, since }: Pick<NucleusHead, 'id' | 'since'>,
    probabilities: Uint16Array,
  ): void {
    const view = this.#view(slideId)
    const { key, predictions } = view
    const speaking = this.#project.acceptance.speaking(slideId)
    if (key !== this.#key(slideId) || speaking.runId !== runId || speaking.accepted.length > 0 || !predictions)
      return this.changed(slideId)
    const { column } = classColumns(this.#project.runs.get(runId).classes)
    const { known, probabilities: all, classIds } = predictions
    const heads = this.#project.nuclei.heads(slideId)
    this.#project.nuclei.placesOf(slideId, id).forEach((position, k) => {
      if (position < 0 || heads.since[position] !== since[k]) return
      known[position] = 1
      addRow(all.subarray(position * classIds.length, (position + 1) * classIds.length), column, probabilities, k)
    })
    view.predictedVersion++
    view.unspoken = undefined
    this.#changedAt(slideId, this.#placesOf(slideId, id))
  }

  summary(slideId: number): Omit<SlideSummary, 'map'> {
    const slide = this.#project.slides.get(slideId)
    const view = this.#view(slideId)
    const isKnown = view.key === this.#key(slideId) && view.predictions !== undefined
    return {
      id: slideId,
      name: basename(slide.absolutePath),
      info: slide.info,
      nuclei: slide.nuclei,
      labelled: slide.labelled - this.#labelledOutside(slideId),
      outside: this.#tissue.countOutside(slideId),
      searched: slide.searched,
      nucleiVersion: slide.nucleiVersion,
      shownVersion: view.changes.version,
      predictedVersion: view.predictedVersion,
      activeRunId: slide.activeRunId,
      unspoken: isKnown && view.predictions ? this.#unspoken(slideId, view.predictions) : null,
    }
  }

  /** Version of what is shown of a slide (see ProjectState). */
  version(slideId: number): number {
    return this.#view(slideId).changes.version
  }

  /** What is shown of a slide's nuclei, in their order. To be read at once: it changes with the next label. */
  shownClasses(slideId: number): ShownClasses {
    return this.#shown(slideId).classes
  }

  /** Nuclei of a slide that count, by shown class. */
  counts(slideId: number): ClassCounts {
    return this.#shown(slideId).counts
  }

  /** What has changed of the shown classes since those that a page has; all of them where that is not known or too much. */
  shownSince(slideId: number, { nucleiVersion: nuclei, shownVersion: since }: ShownVersion): ShownUpdate {
    const all = this.shownClasses(slideId)
    const { nucleiVersion } = this.#project.slides.get(slideId)
    const { changes } = this.#view(slideId)
    const changed = nuclei === nucleiVersion ? changes.since(since) : null
    const position = changed && changed.length <= mostSentSingly * all.count ? changed : null
    const versions = { nucleiVersion, shownVersion: changes.version }
    return { ...versions, position, shown: position ? shownAt(all, position) : all }
  }

  /** The same for few nuclei of the slides of a state, where pages have those of the state before. */
  shownPatches(before: readonly SlideSummary[], now: readonly SlideSummary[]): ShownPatch[] {
    return now.flatMap(({ id, nucleiVersion, shownVersion }) => {
      const had = before.find((slide) => slide.id === id)
      // Nobody has asked for what is shown of this slide: it is not made for this.
      if (!had || had.shownVersion === shownVersion || !this.#view(id).shown) return []
      const { position, shown, ...versions } = this.shownSince(id, { nucleiVersion, shownVersion: had.shownVersion })
      if (!position || position.length > mostInShownPatch) return []
      const columns = {
        classId: [...shown.classId],
        confidence: [...shown.confidence],
        labelled: [...shown.labelled],
        outside: [...shown.outside],
      }
      return [{ slideId: id, since: had.shownVersion, ...versions, position: [...position], ...columns }]
    })
  }

  /** encodePredicted() of a slide, in the order of its nuclei. */
  predicted(slideId: number): Uint8Array<ArrayBuffer> {
    return encodePredicted(predictedClasses(this.predictions(slideId), this.#project.nuclei.heads(slideId).count))
  }

  /** Everything that export writes of a slide: of the nuclei that count. */
  classified(slideId: number): ClassifiedNuclei {
    const all = this.#project.nuclei.of(slideId)
    const predictions = this.predictions(slideId)
    const shown = this.shownClasses(slideId)
    const classes = this.#project.classes.all()
    const indexOf = new Map(classes.map((c, i) => [c.id, i]))
    const isWhole = !shown.outside.includes(1)
    const rows = Uint32Array.from(all.id.keys())
    const own = isWhole ? rows : rows.filter((i) => shown.outside[i] === 0)
    return {
      nuclei: isWhole ? all : takeNuclei(all, own),
      classes,
      classIndex: Int16Array.from(own, (i) => indexOf.get(shown.classId[i]) ?? -1),
      labelled: Uint8Array.from(own, (i) => shown.labelled[i]),
      ...(predictions && {
        probabilities: probabilitiesOf(predictions, own),
        probabilityClasses: predictions.classIds.map((id) => classes[indexOf.get(id) ?? 0].name),
      }),
    }
  }

  /** Everything known of one nucleus. Fails with 'not-found'. */
  details(slideId: number, nucleusId: number): NucleusDetails {
    this.#project.slides.get(slideId)
    const position = this.#project.nuclei.positionOf(slideId, nucleusId)
    const nuclei = this.#project.nuclei.heads(slideId)
    const predictions = this.predictions(slideId)
    const best = predictions ? mostProbable(predictions, position) : -1
    return {
      id: nucleusId,
      box: boxOf(nuclei, position),
      probabilities:
        predictions && best >= 0
          ? predictions.classIds.map((classId, c) => ({
              classId,
              p: predictions.probabilities[position * predictions.classIds.length + c] / probabilityUnit,
            }))
          : [],
      predictedClassId: predictions && best >= 0 ? predictions.classIds[best] : null,
      labelClassId: this.#project.labels.labelsOf([nucleusId])[0] || null,
      source: nucleusSources[nuclei.source[position]],
      history: this.#project.log.historyOf(nucleusId),
    }
  }

  /** Columns of what the shown runs say, read when first asked for and kept until the runs or the nuclei change. */
  predictions(slideId: number): Predictions | undefined {
    const view = this.#view(slideId)
    const key = this.#key(slideId)
    if (view.key !== key) {
      const { acceptance, nuclei, runs } = this.#project
      const heads = nuclei.heads(slideId)
      const { runId } = acceptance.speaking(slideId)
      const others = acceptance.masks(slideId).map((mask) => ({
        predictions: runs.predictions(mask.runId, heads),
        positions: nuclei.placesOf(slideId, mask.ids).filter((at) => at >= 0),
      }))
      view.predictions = combineRuns(runId === null ? undefined : runs.predictions(runId, heads), others, heads.count)
      view.key = key
      view.unspoken = undefined
    }
    return view.predictions
  }

  #shown(slideId: number): Shown {
    const view = this.#view(slideId)
    const key = this.#key(slideId)
    const outside = this.#tissue.outside(slideId)
    if (view.shown?.key === key && view.shown.outside === outside) return view.shown
    const labels = this.#project.labels.labelsOf(this.#project.nuclei.heads(slideId).id)
    const classes = shownClasses(labels, this.predictions(slideId), outside.column)
    const counts = new ClassCounts()
    counts.addAll(classes)
    const labelledOutside = classes.labelled.reduce((sum, one, i) => sum + (one && outside.column[i]), 0)
    return (view.shown = { key, outside, classes, counts, labelledOutside })
  }

  /** Shows anew what stands at some positions, and says so to those who have it already. */
  #changedAt(slideId: number, positions: Uint32Array): void {
    const view = this.#view(slideId)
    const { shown } = view
    if (shown) {
      // More than this has changed, and nobody said so.
      if (shown.key !== this.#key(slideId) || shown.outside !== this.#tissue.outside(slideId))
        return this.changed(slideId)
      const { classes, counts, outside } = shown
      const { id } = this.#project.nuclei.heads(slideId)
      const labels = this.#project.labels.labelsOf(positions.map((i) => id[i]))
      const predictions = this.predictions(slideId)
      positions.forEach((i, k) => {
        counts.add(classes, i, -1)
        if (outside.column[i]) shown.labelledOutside += (labels[k] ? 1 : 0) - classes.labelled[i]
        showOne(classes, i, labels[k], predictions)
        counts.add(classes, i, 1)
      })
    }
    view.changes.add(positions)
  }

  /** Positions of those of some nuclei that are on the slide, ascending, each once. */
  #placesOf(slideId: number, ids: Uint32Array): Uint32Array {
    const places = this.#project.nuclei.placesOf(slideId, ids)
    return uniqueAscending(Uint32Array.from(places.filter((at) => at >= 0)))
  }

  /** Nuclei that count and of which the runs say nothing. */
  #unspoken(slideId: number, { known }: Predictions): number {
    const view = this.#view(slideId)
    const outside = this.#tissue.outside(slideId)
    if (view.unspoken?.outside !== outside) {
      let nuclei = 0
      for (let i = 0; i < known.length; i++) if (!known[i] && !outside.column[i]) nuclei++
      view.unspoken = { outside, nuclei }
    }
    return view.unspoken.nuclei
  }

  /** Labelled nuclei that count no more; a slide that nothing was taken out of is not read for it. */
  #labelledOutside(slideId: number): number {
    return this.#tissue.countOutside(slideId) === 0 ? 0 : this.#shown(slideId).labelledOutside
  }

  #key(slideId: number): string {
    const { activeRunId, accepted, nucleiVersion } = this.#project.slides.get(slideId)
    return `run ${activeRunId}, accepted ${accepted}, nuclei ${nucleiVersion}`
  }

  #view(slideId: number): View {
    let view = this.#views.get(slideId)
    if (!view)
      this.#views.set(
        slideId,
        (view = { changes: new ChangeLog(), predictedVersion: 0, key: '', predictions: undefined }),
      )
    return view
  }
}

/** The rows of some nuclei as fractions. */
function probabilitiesOf({ classIds, probabilities }: Predictions, rows: Uint32Array): Float32Array {
  const n = classIds.length
  const fractions = new Float32Array(rows.length * n)
  rows.forEach((row, k) => {
    for (let c = 0; c < n; c++) fractions[k * n + c] = probabilities[row * n + c] / probabilityUnit
  })
  return fractions
}
