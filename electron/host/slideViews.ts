import { basename } from 'node:path'
import {
  boxOf,
  encodeShown,
  nucleusSources,
  type ClassifiedNuclei,
  type NucleusDetails,
  type SlideSummary,
} from '../contract/index.ts'
import { mostProbable, probabilityUnit, shownClasses, type Predictions, type Project } from '../store/index.ts'

interface View {
  shownVersion: number
  /** Of which run and which nuclei the columns below are. */
  key: string
  predictions: Predictions | undefined
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

  /** Takes in what a run has just said of the nuclei at `positions`, without reading the whole run again. */
  learned(slideId: number, runId: number, positions: Uint32Array, probabilities: Uint16Array): void {
    const { key, predictions } = this.#view(slideId)
    if (key !== this.#key(slideId) || this.#project.slides.get(slideId).activeRunId !== runId || !predictions) return
    const { known, probabilities: all, classIds } = predictions
    positions.forEach((position, k) => {
      known[position] = 1
      const row = probabilities.subarray(k * classIds.length, (k + 1) * classIds.length)
      all.set(row, position * classIds.length)
    })
  }

  summary(slideId: number): Omit<SlideSummary, 'map'> {
    const slide = this.#project.slides.get(slideId)
    return {
      id: slideId,
      name: basename(slide.absolutePath),
      info: slide.info,
      nuclei: slide.nuclei,
      labelled: slide.labelled,
      nucleiVersion: slide.nucleiVersion,
      shownVersion: this.#view(slideId).shownVersion,
      activeRunId: slide.activeRunId,
    }
  }

  /** encodeShown() of a slide, in the order of its nuclei. */
  shown(slideId: number): Uint8Array<ArrayBuffer> {
    const labels = this.#project.labels.labelsOf(this.#project.nuclei.of(slideId).id)
    return encodeShown(shownClasses(labels, this.#predictions(slideId)))
  }

  /** Everything that export writes of a slide. */
  classified(slideId: number): ClassifiedNuclei {
    const nuclei = this.#project.nuclei.of(slideId)
    const predictions = this.#predictions(slideId)
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
    const nuclei = this.#project.nuclei.of(slideId)
    const predictions = this.#predictions(slideId)
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
      labelClassId: this.#project.labels.labelsOf(Uint32Array.of(nucleusId))[0] || null,
      source: nucleusSources[nuclei.source[position]],
      history: this.#project.labels.historyOf(nucleusId),
    }
  }

  /** Columns of the shown run, read when first asked for and kept until the run or the nuclei change. */
  #predictions(slideId: number): Predictions | undefined {
    const view = this.#view(slideId)
    const key = this.#key(slideId)
    if (view.key !== key) {
      const { activeRunId } = this.#project.slides.get(slideId)
      const ids = this.#project.nuclei.of(slideId).id
      view.predictions = activeRunId === null ? undefined : this.#project.runs.predictions(activeRunId, ids)
      view.key = key
    }
    return view.predictions
  }

  #key(slideId: number): string {
    const { activeRunId, nucleiVersion } = this.#project.slides.get(slideId)
    return `run ${activeRunId}, nuclei ${nucleiVersion}`
  }

  #view(slideId: number): View {
    let view = this.#views.get(slideId)
    if (!view) this.#views.set(slideId, (view = { shownVersion: 0, key: '', predictions: undefined }))
    return view
  }
}
