import { existsSync } from 'node:fs'
import {
  FailureError,
  liveModelId,
  message,
  type CachedSlide,
  type Learning,
  type Message,
} from '../../contract/index.ts'
import { predictedClasses, toUint16Probabilities, type RunClass } from '../../store/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { tokenFile } from '../state/paths.ts'
import { proposalOf } from '../state/proposals.ts'
import { callEngine } from './callEngine.ts'
import { runOf } from './classifyJob.ts'

/** A fixed seed makes it repeatable: the same labels and model give the same classes. */
const seed = 1
/** Least number of classes with labels. With one class alone, every nucleus would drift towards it. */
const leastClasses = 2

/**
 * Learns while people label: after a pause, the last layer of the model in use is trained on all labels and the slide
 * is classified again from cached tokens. The result is a run of its own, which each training rewrites; the model and
 * its runs stay as they are. It is always trained from the model in use, so it depends on the labels and not on their
 * order.
 */
export class LiveLearning {
  readonly #context: ProjectContext
  /** Milliseconds without a new label after which it learns. */
  readonly pause: number
  #timer: NodeJS.Timeout | undefined
  /** The slide whose labels changed since the last training began. */
  #wanted: number | undefined
  #running: Promise<void> | undefined

  constructor(context: ProjectContext, pause = 350) {
    this.#context = context
    this.pause = pause
    const listener = (slideId: number) => this.#labelled(slideId)
    context.labelListeners.add(listener)
    context.closing.signal.addEventListener('abort', () => {
      context.labelListeners.delete(listener)
      clearTimeout(this.#timer)
    })
  }

  /** Switches it on or off. Off: slides that show its classes show those of the model in use again. */
  switch(isOn: boolean): void {
    const { project, models, views } = this.#context
    project.settings.set('liveLearning', isOn ? 'on' : 'off')
    this.#say({ isOn, obstacle: null })
    clearTimeout(this.#timer)
    if (isOn) return
    this.#wanted = undefined
    const model = models.active()
    for (const { id, activeRunId } of project.slides.all()) {
      if (activeRunId === null || project.runs.get(activeRunId).modelId !== liveModelId) continue
      project.slides.show(id, (model && runOf(this.#context, id, model.id)?.run.id) ?? null)
      views.changed(id)
    }
    this.#context.announcer.changed()
  }

  /** Resolves when it has learned from all labels given so far, without waiting for the pause. */
  async learned(): Promise<void> {
    while (this.#timer || this.#running) {
      clearTimeout(this.#timer)
      if (this.#timer) this.#begin()
      await this.#running
    }
  }

  #labelled(slideId: number): void {
    if (!this.#context.learning.isOn) return
    this.#wanted = slideId
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#begin(), this.pause)
  }

  #begin(): void {
    this.#timer = undefined
    this.#running ??= this.#learn().finally(() => (this.#running = undefined))
  }

  async #learn(): Promise<void> {
    // A search or a training has the engine, and the slide it works on is not complete.
    await this.#context.jobs.idle()
    for (let slideId = this.#wanted; slideId !== undefined; slideId = this.#wanted) {
      this.#wanted = undefined
      if (!this.#context.learning.isOn || this.#context.closing.signal.aborted) return
      this.#say({ isRunning: true, obstacle: null })
      let obstacle: Message | null = null
      try {
        await this.#learnOn(slideId)
      } catch (error) {
        if (this.#context.closing.signal.aborted) return
        if (!(error instanceof FailureError)) throw error
        obstacle = error.failure.message
      } finally {
        if (!this.#context.closing.signal.aborted) this.#say({ isRunning: false, obstacle })
      }
    }
  }

  async #learnOn(slideId: number): Promise<void> {
    const started = performance.now()
    const { project, models, views, engine, closing } = this.#context
    const model = models.inUse()
    const named = project.classes.namesFor(model.classes)
    const classes = project.classes.all().map(({ id }, i): RunClass => ({ name: named[i], classId: id }))
    const labelled = project.slides
      .all()
      .flatMap(({ id, labelled }) => (labelled > 0 ? [this.#labels(id, classes)] : []))
    const present = new Set(labelled.flatMap(({ label }) => [...label])).size
    if (present < leastClasses) throw new FailureError('empty', message('liveNeedsClasses', { classes: present }))
    const shownRun = project.slides.get(slideId).activeRunId
    if (shownRun === null) throw new FailureError('empty', message('liveNeedsRun'))
    if (proposalOf(project, slideId) !== null) throw new FailureError('busy', message('liveWaits'))
    // Asked here too, because the boxes of a large slide need not go to the engine for nothing.
    const shown = this.#slide(slideId)
    if (!existsSync(shown.tokens)) throw new FailureError('not-found', message('tryNeedsTokens'))
    const heads = project.nuclei.heads(slideId)
    const nucleiVersion = project.nuclei.version(slideId)
    const probabilities = new Uint16Array(heads.count * classes.length)
    const params = { model: model.folder, classes: named, labelled, shown, seed }
    const result = await callEngine(engine, 'tryHead', params, closing.signal, ({ index, probabilities: rows }) => {
      // The positions are in order: from the first one on without a gap.
      probabilities.set(toUint16Probabilities(rows), index[0] * classes.length)
    })
    // Nuclei that were found or drawn meanwhile have other tokens. The next label learns on them.
    if (project.nuclei.version(slideId) !== nucleiVersion || project.slides.get(slideId).activeRunId !== shownRun)
      return
    const before = predictedClasses(views.predictions(slideId), heads.count).classId
    project.transact(() => {
      const { uncertainBelow } = model
      const title = `${model.title} + ${result.labelled}`
      const run = { modelTitle: title, classes, nucleiVersion, uncertainBelow }
      const kept = project.runs.all().find((one) => one.slideId === slideId && one.modelId === liveModelId)
      const runId = kept?.id ?? project.runs.create({ slideId, modelId: liveModelId, ...run })
      project.runs.rewrite(runId, heads, probabilities, run)
      if (shownRun !== runId) project.slides.show(slideId, runId)
    })
    views.repredicted(slideId)
    const after = predictedClasses(views.predictions(slideId), heads.count).classId
    const changed = after.reduce((n, classId, i) => n + (classId === before[i] ? 0 : 1), 0)
    const { labelled: labels, leftOut } = result
    this.#say({ last: { slideId, labels, leftOut, changed, seconds: (performance.now() - started) / 1000 } })
  }

  #slide(slideId: number) {
    const { project, slides } = this.#context
    const { count, origin, box } = project.nuclei.heads(slideId)
    return { ...slides.forEngine(slideId), nuclei: { count, origin, box }, tokens: tokenFile(project.path, slideId) }
  }

  #labels(slideId: number, classes: readonly RunClass[]): CachedSlide {
    const { project } = this.#context
    const position = new Map(classes.map(({ classId }, i) => [classId, i]))
    const labels = project.labels.labelsOf(project.nuclei.heads(slideId).id)
    const index = Uint32Array.from(labels.keys()).filter((i) => position.has(labels[i]))
    const label = Uint16Array.from(index, (i) => position.get(labels[i]) ?? 0)
    return { ...this.#slide(slideId), index, label }
  }

  #say(change: Partial<Learning>): void {
    this.#context.learning = { ...this.#context.learning, ...change }
    this.#context.announcer.changed()
  }
}
