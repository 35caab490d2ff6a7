import { answers, FailureError, message, type Message, type NucleusFilter, type Step } from '../../contract/index.ts'
import type { UndoneOrRedoneStep } from '../../store/index.ts'
import { labelsChanged, slideChanged, type ProjectContext } from '../state/context.ts'
import { positionsWhere } from './filter.ts'
import { showMostSpoken } from './showing.ts'

/** Changes labels for people. Each call is one named step of the log, which is on disk when the call returns. */
export class Labels {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /** Labels nuclei with a class or an answer (null removes the label). Returns the step's id. */
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

  /** Does the same for all nuclei that match `where`. Throws FailureError 'empty' if there are none. */
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

  /** Undoes the newest step and returns it, or null if there is none. */
  undo(): Step | null {
    const moved = this.#context.project.log.undo(this.#context.reader())
    return this.#told(moved ? [moved] : [])[0] ?? null
  }

  /** Redoes the step that was undone last and returns it, or null if there is none. */
  redo(): Step | null {
    const moved = this.#context.project.log.redo(this.#context.reader())
    return this.#told(moved ? [moved] : [])[0] ?? null
  }

  /**
   * Undoes up to and including a step, or redoes up to and including it (see StepLog.goTo). Returns the steps that
   * moved.
   */
  goTo(stepId: number): Step[] {
    return this.#told(this.#context.project.log.goTo(stepId, this.#context.reader()))
  }

  /** Returns the title of a labelling step. Throws FailureError if there is no such class. */
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
