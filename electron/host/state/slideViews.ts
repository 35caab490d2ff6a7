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

/**
 * The shown classes of a slide and their counts. Updated nucleus by nucleus as long as `key` and `outside` are current.
 */
interface Shown {
  readonly key: string
  readonly outside: Outside
  readonly classes: ShownClasses
  readonly counts: ClassCounts
  /** Number of labelled nuclei that no longer count because they lie outside the tissue. */
  labelledOutside: number
}

interface View {
  /** Its version is the version of the shown classes. */
  readonly changes: ChangeLog
  predictedVersion: number
  /** Names the runs and the version of the nuclei that `predictions` belongs to. */
  key: string
  predictions: Predictions | undefined
  /** Number of nuclei that count but have no prediction, computed for this `outside`. */
  unspoken?: { readonly outside: Outside; readonly nuclei: number }
  shown?: Shown
}

/** The model of runs that hold the classes of an imported file without probabilities. */
export const importedClasses = 'imported classes'

/**
 * If a larger fraction of the nuclei changed, all are sent: a position costs about as much as the values shown there.
 */
const mostSentSingly = 1 / 4

/**
 * What is shown of each slide: columns derived from the project and cached until they become stale. A label changes
 * only its own nuclei in the columns, and pages fetch those alone. After any other change the columns are made and
 * fetched again.
 */
export class SlideViews {
  readonly #project: Project
  readonly #tissue: Tissue
  readonly #views = new Map<number, View>()

  constructor(project: Project, tissue: Tissue) {
    this.#project = project
    this.#tissue = tissue
  }

  /** Call this whenever a slide's nuclei, shown run or tissue changed. */
  changed(slideId: number): void {
    const view = this.#view(slideId)
    view.shown = undefined
    view.predictedVersion++
    view.changes.add(null)
  }

  /** Call this whenever the predictions of the shown run were replaced. */
  repredicted(slideId: number): void {
    this.#view(slideId).key = ''
    this.changed(slideId)
  }

  /** Call this whenever only the labels of some of a slide's nuclei changed. */
  labelled(slideId: number, ids: Uint32Array): void {
    this.#changedAt(slideId, this.#placesOf(slideId, ids))
  }

  /**
   * Adds new predictions of a run without reading the whole run again. A row is used only if the nucleus still has the
   * outline it was predicted for, which is the one that came at `since`.
   */
  learned(
    slideId: number,
    runId: number,
    { id, since }: Pick<NucleusHead, 'id' | 'since'>,
    probabilities: Uint16Array,
  ): void {
    const view = this.#view(slideId)
    const { key, predictions } = view
    const shownRuns = this.#project.acceptance.shownRuns(slideId)
    if (key !== this.#key(slideId) || shownRuns.runId !== runId || shownRuns.accepted.length > 0 || !predictions) {
      // The cache may hold predictions of this run under a key that undo brings back. They would lack the new ones.
      view.key = ''
      return this.changed(slideId)
    }
    const { column } = classColumns(this.#project.runs.get(runId).classes)
    const { known, probabilities: all, classIds } = predictions
    const heads = this.#project.nuclei.heads(slideId)
    this.#project.nuclei.positionsOrMissing(slideId, id).forEach((position, k) => {
      if (position < 0 || heads.since[position] !== since[k]) return
      known[position] = 1
      addRow(all.subarray(position * classIds.length, (position + 1) * classIds.length), column, probabilities, k)
    })
    view.predictedVersion++
    view.unspoken = undefined
    this.#changedAt(slideId, this.#placesOf(slideId, id))
  }

  summary(slideId: number): Omit<SlideSummary, 'map' | 'name' | 'proposedRunId'> {
    const slide = this.#project.slides.get(slideId)
    const view = this.#view(slideId)
    const isKnown = view.key === this.#key(slideId) && view.predictions !== undefined
    return {
      id: slideId,
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

  /** Returns the version of a slide's shown classes (see ProjectState). */
  version(slideId: number): number {
    return this.#view(slideId).changes.version
  }

  /**
   * Returns the shown classes of a slide, in the order of its nuclei. Read them at once: the next label changes them.
   */
  shownClasses(slideId: number): ShownClasses {
    return this.#shown(slideId).classes
  }

  /** Returns the number of a slide's nuclei that count, by shown class. */
  counts(slideId: number): ClassCounts {
    return this.#shown(slideId).counts
  }

  /**
   * Returns what changed in the shown classes since the version that a page has. Returns all of them if the changes are
   * not known or too many.
   */
  shownSince(slideId: number, { nucleiVersion: nuclei, shownVersion: since }: ShownVersion): ShownUpdate {
    const all = this.shownClasses(slideId)
    const { nucleiVersion } = this.#project.slides.get(slideId)
    const { changes } = this.#view(slideId)
    const changed = nuclei === nucleiVersion ? changes.since(since) : null
    const position = changed && changed.length <= mostSentSingly * all.count ? changed : null
    const versions = { nucleiVersion, shownVersion: changes.version }
    return { ...versions, position, shown: position ? shownAt(all, position) : all }
  }

  /** Returns the same for the slides of two successive states, but only where few nuclei changed. */
  shownPatches(before: readonly SlideSummary[], now: readonly SlideSummary[]): ShownPatch[] {
    return now.flatMap(({ id, nucleiVersion, shownVersion }) => {
      const had = before.find((slide) => slide.id === id)
      // If no page has asked for this slide's shown classes, they are not made just for a patch.
      if (!had || had.shownVersion === shownVersion || !this.#view(id).shown) return []
      const { position, shown, ...versions } = this.shownSince(id, { nucleiVersion, shownVersion: had.shownVersion })
      if (!position || position.length > mostInShownPatch) return []
      const columns = {
        classId: [...shown.classId],
        confidence: [...shown.confidence],
        uncertain: [...shown.uncertain],
        labelled: [...shown.labelled],
        outside: [...shown.outside],
      }
      return [{ slideId: id, since: had.shownVersion, ...versions, position: [...position], ...columns }]
    })
  }

  /** Returns encodePredicted() of a slide, in the order of its nuclei. */
  predicted(slideId: number): Uint8Array<ArrayBuffer> {
    return encodePredicted(predictedClasses(this.predictions(slideId), this.#project.nuclei.heads(slideId).count))
  }

  /** Returns everything that an export writes about a slide's nuclei that count. */
  classified(slideId: number): ClassifiedNuclei {
    const all = this.#project.nuclei.of(slideId)
    const predictions = this.predictions(slideId)
    const shown = this.shownClasses(slideId)
    const classes = this.#project.classes.all()
    const indexOf = new Map(classes.map((c, i) => [c.id, i]))
    const isWhole = !shown.outside.includes(1)
    const rows = Uint32Array.from(all.id.keys())
    const own = isWhole ? rows : rows.filter((i) => shown.outside[i] === 0)
    const heads = this.#project.nuclei.heads(slideId)
    const given = { id: own.map((i) => heads.id[i]), since: own.map((i) => heads.since[i]) }
    return {
      projectId: this.#project.settings.get('projectId'),
      ...this.#project.imported.of(slideId, given),
      nuclei: isWhole ? all : takeNuclei(all, own),
      classes,
      classIndex: Int16Array.from(own, (i) => indexOf.get(shown.classId[i]) ?? -1),
      labelled: Uint8Array.from(own, (i) => shown.labelled[i]),
      uncertain: Uint8Array.from(own, (i) => shown.uncertain[i] & ~shown.labelled[i]),
      ...(predictions &&
        !this.#isImported(slideId) && {
          probabilities: probabilitiesOf(predictions, own),
          probabilityClasses: predictions.classIds.map((id) => classes[indexOf.get(id) ?? 0].name),
        }),
    }
  }

  /** Returns whether the shown classes are those of an imported file that gives no probabilities. */
  #isImported(slideId: number): boolean {
    const { runId, accepted } = this.#project.acceptance.shownRuns(slideId)
    return runId !== null && accepted.length === 0 && this.#project.runs.get(runId).modelId === importedClasses
  }

  /** Returns everything known about one nucleus. Throws FailureError 'not-found'. */
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

  /**
   * Returns the predictions of the shown runs as columns. They are read on first use and kept until runs or nuclei
   * change.
   */
  predictions(slideId: number): Predictions | undefined {
    const view = this.#view(slideId)
    const key = this.#key(slideId)
    if (view.key !== key) {
      const { acceptance, nuclei, runs } = this.#project
      const heads = nuclei.heads(slideId)
      const { runId } = acceptance.shownRuns(slideId)
      const others = acceptance.partialRuns(slideId).map((mask) => ({
        predictions: runs.predictions(mask.runId, heads),
        positions: nuclei.positionsOrMissing(slideId, mask.ids).filter((at) => at >= 0),
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

  /** Updates the shown classes at some positions and records the change for pages that have them already. */
  #changedAt(slideId: number, positions: Uint32Array): void {
    const view = this.#view(slideId)
    const { shown } = view
    if (shown) {
      // Something else has changed too, without a call of changed().
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

  /** Returns the positions of the given nuclei that are on the slide, ascending and without duplicates. */
  #placesOf(slideId: number, ids: Uint32Array): Uint32Array {
    const places = this.#project.nuclei.positionsOrMissing(slideId, ids)
    return uniqueAscending(Uint32Array.from(places.filter((at) => at >= 0)))
  }

  /** Returns the number of nuclei that count but have no prediction. */
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

  /**
   * Returns the number of labelled nuclei outside the tissue. Does not read a slide from which no tissue was taken out.
   */
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

/** Returns the probabilities of some nuclei as fractions, one row per nucleus. */
function probabilitiesOf({ classIds, probabilities }: Predictions, rows: Uint32Array): Float32Array {
  const n = classIds.length
  const fractions = new Float32Array(rows.length * n)
  rows.forEach((row, k) => {
    for (let c = 0; c < n; c++) fractions[k * n + c] = probabilities[row * n + c] / probabilityUnit
  })
  return fractions
}
