import { resolve } from 'node:path'
import { FailureError, message, type MergedCopy, type NucleusFilter } from '../../contract/index.ts'
import {
  agreements,
  compareRuns,
  flippedPositions,
  mergeCopy,
  type RunComparison,
  type StoredRun,
} from '../../store/index.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import { positionsWhere } from './filter.ts'

/** Compares runs of a slide and accepts one of them. Compares readers too. */
export class Runs {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /** Returns what would change if run `to` were in force instead of run `from`. */
  difference(slideId: number, from: number, to: number): RunComparison {
    return compareRuns(this.#said(slideId, from), this.#said(slideId, to))
  }

  /**
   * Returns the ids of nuclei that flip from one class to another, those first for which run `to` is most confident.
   */
  flipped(
    slideId: number,
    { from, to }: { from: number; to: number },
    { fromClass, toClass }: { fromClass: number; toClass: number },
    limit: number,
  ): number[] {
    const { id } = this.#context.project.nuclei.heads(slideId)
    const positions = flippedPositions(this.#said(slideId, from), this.#said(slideId, to), fromClass, toClass)
    return Array.from(positions.subarray(0, limit), (i) => id[i])
  }

  /** Puts a run in force for the slide, or for the nuclei that match `where`. Returns the step's id. */
  accept(slideId: number, runId: number, where?: NucleusFilter): number {
    const { project } = this.#context
    const { modelTitle } = this.#run(slideId, runId)
    const { id } = project.nuclei.heads(slideId)
    const ids = where ? positionsWhere(this.#context, slideId, where).map((i) => id[i]) : null
    if (ids?.length === 0) throw new FailureError('empty', message('noneToAccept'))
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

  #said(slideId: number, runId: number) {
    this.#run(slideId, runId)
    const said = this.#context.project.runs.predictions(runId, this.#context.project.nuclei.heads(slideId))
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
