import { basename } from 'node:path'
import {
  boxOf,
  encodePredicted,
  encodeShown,
  nucleusSources,
  type ClassifiedNuclei,
  type NucleusDetails,
  type ShownClasses,
  type SlideSummary,
} from '../contract/index.ts'
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
} from '../store/index.ts'

interface View {
  shownVersion: number
  /** Of which runs and which nuclei the columns below are. */
  key: string
  predictions: Predictions | undefined
  /** What is shown, and of which version it is: blocks of one slide are asked for one after another. */
  shown?: { readonly of: string; readonly classes: ShownClasses }
}

/** What is shown of each slide: columns derived from the project, kept while they hold. */
export class SlideViews {
  readonly #project: Project
  readonly #views = new Map<number, View>()

  constructor(project: Project) {
    this.#project = project
  }

  /** To be called whenever labels, nuclei or the shown run of a slide changed. */
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
      labelled: slide.labelled,
      nucleiVersion: slide.nucleiVersion,
      shownVersion: view.shownVersion,
      activeRunId: slide.activeRunId,
      unspoken: isKnown ? (view.predictions?.known.reduce((sum, known) => sum + 1 - known, 0) ?? null) : null,
    }
  }

  /** What is shown of a slide's nuclei, in their order. */
  shownClasses(slideId: number): ShownClasses {
    const view = this.#view(slideId)
    const of = `${view.shownVersion}, ${this.#key(slideId)}`
    if (view.shown?.of !== of) {
      const labels = this.#project.labels.labelsOf(this.#project.nuclei.heads(slideId).id)
      view.shown = { of, classes: shownClasses(labels, this.predictions(slideId)) }
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
    const own = { count: id.length, classId: new Uint16Array(id.length), ...flags(id.length) }
    const place = nuclei.placesOf(slideId, id)
    place.forEach((at, k) => {
      if (at < 0) return
      own.classId[k] = all.classId[at]
      own.confidence[k] = all.confidence[at]
      own.labelled[k] = all.labelled[at]
    })
    return encodeShown(own)
  }

  /** Everything that export writes of a slide. */
  classified(slideId: number): ClassifiedNuclei {
    const nuclei = this.#project.nuclei.of(slideId)
    const predictions = this.predictions(slideId)
    const shown = shownClasses(this.#project.labels.labelsOf(nuclei.id), predictions)
    const classes = this.#project.classes.all()
    const indexOf = new Map(classes.map((c, i) => [c.id, i]))
    return {
      nuclei,
      classes,
      classIndex: Int16Array.from(shown.classId, (id) => indexOf.get(id) ?? -1),
      labelled: shown.labelled,
      ...(predictions && {
        probabilities: Float32Array.from(predictions.probabilities, (p) => p / probabilityUnit),
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

const flags = (count: number) => ({ confidence: new Uint8Array(count), labelled: new Uint8Array(count) })
