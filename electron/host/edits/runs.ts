import { resolve } from 'node:path'
import { FailureError, liveModelId, message, type MergedCopy, type NucleusFilter } from '../../contract/index.ts'
import {
  agreements,
  compareRuns,
  flippedPositions,
  mergeCopy,
  mostProbable,
  noPredictions,
  type Predictions,
  type RunComparison,
  type StoredRun,
} from '../../store/index.ts'
import { forgetProposal } from '../state/proposals.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import { positionsWhere } from './filter.ts'

/** Compares runs of a slide and accepts one of them. Compares readers too. */
export class Runs {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /** Returns what would change if run `to` were in force instead of run `from`, or of what is shown (null). */
  difference(slideId: number, from: number | null, to: number): RunComparison & { against: number } {
    const next = this.#said(slideId, to)
    return { ...compareRuns(this.#said(slideId, from), next), against: this.#against(slideId, next).length }
  }

  /** Returns the ids of labelled nuclei that a run predicts otherwise, the most confident first. */
  against(slideId: number, runId: number): Uint32Array {
    const { id } = this.#context.project.nuclei.heads(slideId)
    return this.#against(slideId, this.#said(slideId, runId)).map((i) => id[i])
  }

  /**
   * Returns the ids of nuclei that flip from one class to another, those first for which run `to` is most confident.
   */
  flipped(
    slideId: number,
    { from, to }: { from: number | null; to: number },
    { fromClass, toClass }: { fromClass: number; toClass: number },
    limit: number,
  ): number[] {
    const { id } = this.#context.project.nuclei.heads(slideId)
    const positions = flippedPositions(this.#said(slideId, from), this.#said(slideId, to), fromClass, toClass)
    return Array.from(positions.subarray(0, limit), (i) => id[i])
  }

  /**
   * Puts a run in force for the slide, or for the nuclei that match `where` and have one of the `flips`. Returns the
   * step's id. Accepted as a whole, the run no longer waits for a decision.
   */
  accept(
    slideId: number,
    runId: number,
    where?: NucleusFilter,
    flips?: readonly { fromClass: number; toClass: number }[],
  ): number {
    const { project } = this.#context
    const { modelTitle, modelId } = this.#run(slideId, runId)
    const { id } = project.nuclei.heads(slideId)
    const isWhole = !where && !flips
    // A later label rewrites that run, and with it what was accepted.
    if (!isWhole && modelId === liveModelId) throw new FailureError('invalid-input', message('liveOnlyWhole'))
    let positions = where ? positionsWhere(this.#context, slideId, where) : Uint32Array.from(id.keys())
    if (flips) {
      const [now, next] = [this.#said(slideId, null), this.#said(slideId, runId)]
      const own = new Set(
        flips.flatMap(({ fromClass, toClass }) => [...flippedPositions(now, next, fromClass, toClass)]),
      )
      positions = positions.filter((i) => own.has(i))
    }
    const ids = isWhole ? null : positions.map((i) => id[i])
    if (ids?.length === 0) throw new FailureError('empty', message('noneToAccept'))
    if (isWhole) forgetProposal(project, runId)
    const count = ids?.length ?? id.length
    const stepId = project.transact(() =>
      project.log.append({
        kind: 'accept',
        slideId,
        reader: this.#context.reader(),
        title: message('stepAccepted', { model: modelTitle, nuclei: count }),
        count,
        changes: { accepted: project.acceptance.change(slideId, runId, ids) },
      }),
    )
    slideChanged(this.#context, slideId)
    return stepId
  }

  /** Ends the wait for a decision about a run. What is shown stays. */
  decide(slideId: number, runId: number): void {
    this.#run(slideId, runId)
    forgetProposal(this.#context.project, runId)
    this.#context.announcer.changed()
  }

  /** Returns how far each pair of readers agrees, and on how many nuclei of which slides they differ. */
  agreement() {
    const { project } = this.#context
    const slides = project.slides.all().map(({ id }) => id)
    return agreements(project).map(({ disputed, byClass, ...pair }) => {
      const ids = Uint32Array.from(disputed, ({ nucleusId }) => nucleusId)
      return {
        ...pair,
        byClass: [...byClass],
        disputed: slides.flatMap((slideId) => {
          const nuclei = this.#counting(slideId, ids).length
          return nuclei > 0 ? [{ slideId, nuclei }] : []
        }),
      }
    })
  }

  /**
   * Stores the labels of another copy's readers beside the labels here. Returns what was taken over and what was not.
   * Throws the failures of the store's mergeCopy.
   */
  merge(path: string): MergedCopy {
    const { project, announcer } = this.#context
    const merged = mergeCopy(project, resolve(path))
    if (merged.added > 0) for (const { id } of project.slides.all()) slideChanged(this.#context, id)
    announcer.changed()
    return merged
  }

  /**
   * Returns the nuclei of a slide on which two readers differ, with both classes. The order of the two classes depends
   * on the nucleus id alone, so that it does not reveal which reader gave which class.
   */
  disputed(slideId: number, first: string, second: string): [nucleusId: number, said: [number, number]][] {
    const { project } = this.#context
    project.slides.get(slideId)
    const pair = agreements(project).find((one) => one.first === first && one.second === second)
    if (!pair) throw new FailureError('not-found', message('noPairOfReaders', { first, second }))
    const counting = new Set(
      this.#counting(
        slideId,
        Uint32Array.from(pair.disputed, (one) => one.nucleusId),
      ),
    )
    return pair.disputed
      .filter(({ nucleusId }) => counting.has(nucleusId))
      .map(({ nucleusId, ...said }) => {
        const isTurned = (Math.imul(nucleusId, 0x9e3779b1) >>> 16) % 2 === 1
        return [nucleusId, isTurned ? [said.second, said.first] : [said.first, said.second]]
      })
  }

  /** Returns those of the given nuclei that are on the slide and not in an area taken out of its tissue. */
  #counting(slideId: number, ids: Uint32Array): Uint32Array {
    const places = this.#context.project.nuclei.positionsOrMissing(slideId, ids)
    const { column } = this.#context.tissue.outside(slideId)
    return ids.filter((_, k) => places[k] >= 0 && !column[places[k]])
  }

  /** Positions of labelled nuclei that predictions contradict, the most confident first. */
  #against(slideId: number, next: Predictions): Uint32Array {
    const { project } = this.#context
    const labels = project.labels.labelsOf(project.nuclei.heads(slideId).id)
    const isClass = new Set(project.classes.all().map(({ id }) => id))
    const best = Array.from(labels, (label, i) => (isClass.has(label) ? mostProbable(next, i) : -1))
    const sureness = (i: number) => next.probabilities[i * next.classIds.length + best[i]]
    return Uint32Array.from(labels.keys())
      .filter((i) => best[i] >= 0 && next.classIds[best[i]] !== labels[i])
      .sort((a, b) => sureness(b) - sureness(a) || a - b)
  }

  /** Returns the predictions of a run, or what is shown (null), for the nuclei that count. */
  #said(slideId: number, runId: number | null): Predictions {
    const { project, views } = this.#context
    if (runId !== null) this.#run(slideId, runId)
    const heads = project.nuclei.heads(slideId)
    const said =
      runId === null
        ? (views.predictions(slideId) ?? noPredictions(heads.count))
        : project.runs.predictions(runId, heads)
    const { column } = this.#context.tissue.outside(slideId)
    return { ...said, known: said.known.map((known, i) => (column[i] ? 0 : known)) }
  }

  #run(slideId: number, runId: number): StoredRun {
    const { project } = this.#context
    project.slides.get(slideId)
    const run = project.runs.get(runId)
    if (run.slideId !== slideId) throw new FailureError('not-found', message('runOfOtherSlide', { id: runId }))
    return run
  }
}
