import { basename } from 'node:path'
import {
  encodePredicted,
  encodeShown,
  nucleusSources,
  type ClassifiedNuclei,
  type NucleusDetails,
  type ShownClasses,
  type SlideSummary,
} from '../../contract/index.ts'
import {
  classColumns,
  mostProbable,
  predictedClasses,
  probabilityUnit,
  putRow,
  shownClasses,
  spokenBy,
  type Predictions,
  type Project,
} from '../../store/index.ts'
import type { Outside, Tissue } from './tissue.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'
import { takeNuclei } from '../../../models/nuclei/join.ts'

interface View {
  shownVersion: number
  /** Of which runs and which nuclei the columns below are. */
  key: string
  predictions: Predictions | undefined
  /** What is shown, and of what it was made: blocks of one slide are asked for one after another. */
  shown?: { readonly of: string; readonly outside: Outside; readonly classes: ShownClasses }
}

/** What is shown of each slide: columns derived from the project, kept while they hold. */
export class SlideViews {
  readonly #project: Project
  readonly #tissue: Tissue
  readonly #views = new Map<number, View>()

  constructor(project: Project, tissue: Tissue) {
    this.#project = project
    this.#tissue = tissue
  }

  /** To be called whenever labels, nuclei, the shown run or what is tissue of a slide changed. */
  changed(slideId: number): void {
    this.#view(slideId).shownVersion++
  }

  /** Takes in what a run has just said of nuclei, without reading the whole run again. */
  learned(slideId: number, runId: number, ids: Uint32Array, probabilities: Uint16Array): void {
    const { key, predictions } = this.#view(slideId)
    const speaking = this.#project.acceptance.speaking(slideId)
    if (key !== this.#key(slideId) || speaking.runId !== runId || speaking.accepted.length > 0 || !predictions) return
    const { column } = classColumns(this.#project.runs.get(runId).classes)
    const { known, probabilities: all, classIds } = predictions
    this.#project.nuclei.placesOf(slideId, ids).forEach((position, k) => {
      if (position < 0) return
      known[position] = 1
      putRow(all.subarray(position * classIds.length, (position + 1) * classIds.length), column, probabilities, k)
    })
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
      shownVersion: view.shownVersion,
      activeRunId: slide.activeRunId,
      unspoken: isKnown && view.predictions ? this.#unspoken(slideId, view.predictions) : null,
    }
  }

  /** What is shown of a slide's nuclei, in their order. */
  shownClasses(slideId: number): ShownClasses {
    const view = this.#view(slideId)
    const of = `${view.shownVersion}, ${this.#key(slideId)}`
    const outside = this.#tissue.outside(slideId)
    if (view.shown?.of !== of || view.shown.outside !== outside) {
      const labels = this.#project.labels.labelsOf(this.#project.nuclei.heads(slideId).id)
      view.shown = { of, outside, classes: shownClasses(labels, this.predictions(slideId), outside.column) }
    }
    return view.shown.classes
  }

  /** encodeShown() of a slide, in the order of its nuclei. */
  shown(slideId: number): Uint8Array<ArrayBuffer> {
    return encodeShown(this.shownClasses(slideId))
  }

  /** encodePredicted() of a slide, in the order of its nuclei. */
  predicted(slideId: number): Uint8Array<ArrayBuffer> {
    return encodePredicted(predictedClasses(this.predictions(slideId), this.#project.nuclei.heads(slideId).count))
  }

  /** encodeShown() of one block of nuclei, in its own order; those that no longer count are unclassified. */
  shownOfChunk(slideId: number, chunkId: number): Uint8Array<ArrayBuffer> {
    const { nuclei } = this.#project
    const { id } = nuclei.headOfChunk(slideId, chunkId)
    const all = this.shownClasses(slideId)
    const own = nothingShown(id.length)
    const place = nuclei.placesOf(slideId, id)
    place.forEach((at, k) => {
      if (at < 0) return
      own.classId[k] = all.classId[at]
      own.confidence[k] = all.confidence[at]
      own.labelled[k] = all.labelled[at]
      own.outside[k] = all.outside[at]
    })
    return encodeShown(own)
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
      view.predictions = spokenBy(runId === null ? undefined : runs.predictions(runId, heads), others, heads.count)
      view.key = key
    }
    return view.predictions
  }

  /** Nuclei that count and of which the runs say nothing. */
  #unspoken(slideId: number, { known }: Predictions): number {
    const { column } = this.#tissue.outside(slideId)
    return known.reduce((sum, isKnown, i) => sum + (isKnown || column[i] ? 0 : 1), 0)
  }

  /** Labelled nuclei that count no more; a slide that nothing was taken out of is not read for it. */
  #labelledOutside(slideId: number): number {
    if (this.#tissue.countOutside(slideId) === 0) return 0
    const { column } = this.#tissue.outside(slideId)
    const ids = this.#project.nuclei.heads(slideId).id.filter((_, i) => column[i] === 1)
    return this.#project.labels.labelsOf(ids).reduce((sum, label) => sum + (label ? 1 : 0), 0)
  }

  #key(slideId: number): string {
    const { activeRunId, accepted, nucleiVersion } = this.#project.slides.get(slideId)
    return `run ${activeRunId}, accepted ${accepted}, nuclei ${nucleiVersion}`
  }

  #view(slideId: number): View {
    let view = this.#views.get(slideId)
    if (!view) this.#views.set(slideId, (view = { shownVersion: 0, key: '', predictions: undefined }))
    return view
  }
}

const nothingShown = (count: number): ShownClasses => ({
  count,
  classId: new Uint16Array(count),
  confidence: new Uint8Array(count),
  labelled: new Uint8Array(count),
  outside: new Uint8Array(count),
})

/** The rows of some nuclei as fractions. */
function probabilitiesOf({ classIds, probabilities }: Predictions, rows: Uint32Array): Float32Array {
  const n = classIds.length
  const fractions = new Float32Array(rows.length * n)
  rows.forEach((row, k) => {
    for (let c = 0; c < n; c++) fractions[k * n + c] = probabilities[row * n + c] / probabilityUnit
  })
  return fractions
}
