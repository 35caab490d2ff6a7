import { answers, FailureError, message, type Message, type NucleusFilter, type Step } from '../../contract/index.ts'
import type { UndoneOrRedoneStep } from '../../store/index.ts'
import { labelsChanged, slideChanged, type ProjectContext } from '../state/context.ts'
import { positionsWhere } from './filter.ts'
import { showMostSpoken } from './showing.ts'

/** People's labels: each call is one named step of the log, on disk when it returns. */
export class Labels {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /** Gives nuclei a class or an answer (null: takes the label away); the step's id. */
  set(slideId: number, nucleusIds: ArrayLike<number>, classId: number | null, reason?: string): number {
    const { project } = this.#context
    project.slides.get(slideId)
    const title = this.#titleOf(classId, nucleusIds.length)
    project.nuclei.positionsOf(slideId, nucleusIds)
    const stepId = project.label({
      slideId,
      reader: this.#context.reader(),
      title,
      reason,
      ids: nucleusIds,
      classId: classId ?? 0,
    })
    labelsChanged(this.#context, slideId, nucleusIds)
    return stepId
  }

  /** The same for all nuclei that `where` names. Fails with 'empty' where there are none. */
  setWhere(
    slideId: number,
    where: NucleusFilter,
    classId: number | null,
    reason?: string,
  ): { stepId: number; nuclei: number } {
    const { id } = this.#context.project.nuclei.heads(slideId)
    const ids = positionsWhere(this.#context, slideId, where).map((i) => id[i])
    if (ids.length === 0) {
      this.#titleOf(classId, 0)
      throw new FailureError('empty', message('noneLikeThat'))
    }
    return { stepId: this.set(slideId, ids, classId, reason), nuclei: ids.length }
  }

  /** Takes the newest step back; null where there is none. */
  undo(): Step | null {
    const moved = this.#context.project.log.undo(this.#context.reader())
    return this.#told(moved ? [moved] : [])[0] ?? null
  }

  /** Brings the step taken back last again; null where there is none. */
  redo(): Step | null {
    const moved = this.#context.project.log.redo(this.#context.reader())
    return this.#told(moved ? [moved] : [])[0] ?? null
  }

  /** Undoes until a step is taken back too, or redoes until it is back (see StepLog.goTo); the steps that moved. */
  goTo(stepId: number): Step[] {
    return this.#told(this.#context.project.log.goTo(stepId, this.#context.reader()))
  }

  /** Fails where there is no such class. */
  #titleOf(classId: number | null, nuclei: number): Message {
    if (classId === null) return message('stepAnswered', { nuclei, answer: 'none' })
    if (classId === answers.notSure) return message('stepAnswered', { nuclei, answer: 'notSure' })
    if (classId === answers.badOutline) return message('stepAnswered', { nuclei, answer: 'badOutline' })
    return message('stepLabelled', { nuclei, name: this.#context.project.classes.get(classId).name })
  }

  #told(moved: readonly UndoneOrRedoneStep[]): Step[] {
    for (const { step, slideId } of moved) if (step.kind === 'nuclei') showMostSpoken(this.#context, slideId)
    for (const { changes, slideId } of moved) {
      const { labels, ...others } = changes
      if (labels && Object.keys(others).length === 0) labelsChanged(this.#context, slideId, labels.ids)
      else slideChanged(this.#context, slideId)
    }
    return moved.map(({ step }) => step)
  }
}
