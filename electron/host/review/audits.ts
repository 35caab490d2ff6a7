import { z } from 'zod'
import {
  auditSize,
  FailureError,
  fewestAudited,
  message,
  reviewReasons,
  type AuditReport,
  type AuditResult,
} from '../../contract/index.ts'
import { random } from '../../../models/nn/random.ts'
import { correctedFractions } from '../../../models/statistics/classFractions.ts'
import { wilson } from '../../../models/statistics/intervals.ts'
import type { ProjectContext } from '../state/context.ts'

/** An audit as the project keeps it, from its beginning on. Its answers are the labels of the log with its reason. */
const auditSchema = z.object({
  slideId: z.number().int(),
  reader: z.string(),
  /** ISO time of its beginning. */
  begun: z.string(),
  /** Newest entry of the log when it began: its answers come later. */
  lastStepBefore: z.number().int(),
  nucleiVersion: z.number().int(),
  /** Numbers of nuclei that counted, by class shown. */
  shown: z.array(z.object({ classId: z.number().int(), nuclei: z.number().int() })),
  /** The sample in the order in which it is asked, each nucleus with the class that was shown for it. */
  sample: z.array(z.object({ id: z.number().int(), classId: z.number().int() })),
})
const auditsSchema = z.array(auditSchema)
type Audit = z.infer<typeof auditSchema>

/** An audit with everything that was asked and answered, for the record. */
export interface AuditRecord {
  readonly slideId: number
  readonly reader: string
  readonly begun: string
  readonly isFinished: boolean
  /** Numbers of nuclei that counted when it began, by class shown. */
  readonly shown: Audit['shown']
  /** The sample in its order, with the class shown, and the answer and its time (null: not answered). */
  readonly sample: readonly { id: number; shown: number; answer: number | null; time: string | null }[]
  /** null: not finished, or too few nuclei were still there to be answered. */
  readonly result: AuditResult | null
  /** The classes that the fractions are of, in the order in which they were computed. */
  readonly answers: readonly number[]
}

/** A pause longer than this counts as this long, in seconds. */
const longestPause = 60

/**
 * Audits: random samples of a slide's nuclei that a reader labels without seeing any class. The sample and the classes
 * shown at that time are stored when the audit begins, so that neither later labels nor another model change what it
 * says. Fractions are about the slide's nuclei at that time.
 */
export class Audits {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /**
   * Draws up to `size` of the nuclei that count and returns how many. Throws FailureError 'invalid-input' if the reader
   * has not finished an earlier audit of the slide, 'empty' if fewer than `fewestAudited` nuclei count.
   */
  begin(slideId: number, size = auditSize): number {
    const { project, views } = this.#context
    const { nucleiVersion } = project.slides.get(slideId)
    const open = this.open(slideId)
    if (open) throw new FailureError('invalid-input', message('auditOpen', { left: open.left.length }))
    const { id } = project.nuclei.heads(slideId)
    const { classId, outside } = views.shownClasses(slideId)
    const counting = Uint32Array.from(id.keys()).filter((i) => outside[i] === 0)
    if (counting.length < fewestAudited)
      throw new FailureError('empty', message('auditTooSmall', { nuclei: counting.length, fewest: fewestAudited }))
    const shown = new Map<number, number>()
    for (const i of counting) shown.set(classId[i], (shown.get(classId[i]) ?? 0) + 1)
    const drawn = Math.min(size, counting.length)
    // The time is in the seed, so that nobody can know the sample beforehand.
    const rng = random(Date.now() ^ project.log.last)
    for (let k = 0; k < drawn; k++) {
      const swap = k + rng.below(counting.length - k)
      ;[counting[k], counting[swap]] = [counting[swap], counting[k]]
    }
    this.#store([
      ...this.#all(),
      {
        slideId,
        reader: this.#context.reader(),
        begun: new Date().toISOString(),
        lastStepBefore: project.log.last,
        nucleiVersion,
        shown: [...shown].map(([classId, nuclei]) => ({ classId, nuclei })),
        sample: Array.from(counting.subarray(0, drawn), (i) => ({ id: id[i], classId: classId[i] })),
      },
    ])
    return drawn
  }

  /** Returns the current reader's unfinished audit of a slide, and the ids of the nuclei still to be answered, in order. */
  open(slideId: number): { nuclei: number; answered: number; left: number[] } | undefined {
    const reader = this.#context.reader()
    for (const audit of this.#all().reverse()) {
      if (audit.slideId !== slideId || audit.reader !== reader) continue
      const { answers, left } = this.#stateOf(audit)
      if (left.length > 0) return { nuclei: audit.sample.length, answered: answers.size, left }
    }
    return undefined
  }

  /** Returns whether the reader's newest audits of a slide answer this nucleus. For lists of an audit. */
  isAnswered(slideId: number): (nucleusId: number) => boolean {
    const reader = this.#context.reader()
    const audit = this.#all().findLast((one) => one.slideId === slideId && one.reader === reader)
    const answers = audit && this.#stateOf(audit).answers
    return (id) => answers?.has(id) ?? false
  }

  /** Returns the newest finished audit of a slide with its corrected fractions, and the reader's unfinished one. */
  report(slideId: number): AuditReport {
    this.#context.project.slides.get(slideId)
    const open = this.open(slideId)
    let result: AuditResult | null = null
    for (const audit of this.#all().reverse()) {
      if (audit.slideId !== slideId || result) continue
      const { answers, left, seconds, ended } = this.#stateOf(audit)
      if (left.length === 0 && answers.size >= fewestAudited) result = this.#resultOf(audit, answers, seconds, ended)
    }
    return { result, open: open ? { nuclei: open.nuclei, answered: open.answered } : null }
  }

  /** Returns every audit of the project, also unfinished ones, in the order in which they began. */
  records(): AuditRecord[] {
    return this.#all().map((audit) => {
      const { answers, times, left, seconds, ended } = this.#stateOf(audit)
      const isFinished = left.length === 0
      return {
        ...{ slideId: audit.slideId, reader: audit.reader, begun: audit.begun, isFinished, shown: audit.shown },
        sample: audit.sample.map(({ id, classId }) => {
          const answer = answers.get(id) ?? null
          return { id, shown: classId, answer, time: answer === null ? null : (times.get(id) ?? null) }
        }),
        result: isFinished && answers.size >= fewestAudited ? this.#resultOf(audit, answers, seconds, ended) : null,
        answers: this.#trueClasses([...answers.values()]),
      }
    })
  }

  /** A true class is one of the project's classes, or an answer that the reader gave. */
  #trueClasses(answers: readonly number[]): number[] {
    return [...new Set([...this.#context.project.classes.all().map(({ id }) => id), ...answers])]
  }

  #resultOf(audit: Audit, answers: ReadonlyMap<number, number>, seconds: number, ended: string): AuditResult {
    const said = audit.sample.flatMap(({ id, classId }) => {
      const answer = answers.get(id)
      return answer === undefined ? [] : [{ shown: classId, answer }]
    })
    const classIds = this.#trueClasses(said.map(({ answer }) => answer))
    const audited = audit.shown.map(({ classId }) =>
      classIds.map((c) => said.filter(({ shown, answer }) => shown === classId && answer === c).length),
    )
    const fractions = correctedFractions({ shown: audit.shown.map(({ nuclei }) => nuclei), audited })
    const same = said.filter(({ shown, answer }) => shown === answer).length
    const rows = [...new Set([...classIds, ...audit.shown.map(({ classId }) => classId)])].map((classId) => {
      const c = classIds.indexOf(classId)
      const p = audit.shown.findIndex((one) => one.classId === classId)
      const { mean, low, high } = c < 0 ? { mean: 0, low: 0, high: 0 } : fractions[c]
      const row = p < 0 ? [] : classIds.map((id, k) => ({ classId: id, nuclei: audited[p][k] }))
      return {
        classId,
        shown: p < 0 ? 0 : audit.shown[p].nuclei,
        ...{ mean, low: Math.max(0, low), high: Math.min(1, high) },
        audited: row.filter(({ nuclei }) => nuclei > 0),
      }
    })
    return {
      begun: audit.begun,
      ended,
      reader: audit.reader,
      nuclei: said.length,
      gone: audit.sample.length - said.length,
      seconds,
      of: audit.shown.reduce((sum, { nuclei }) => sum + nuclei, 0),
      isStale: this.#isStale(audit),
      same: { nuclei: same, ...wilson(same, said.length) },
      classes: rows.sort((a, b) => b.shown - a.shown || b.mean - a.mean),
    }
  }

  #isStale({ slideId, nucleiVersion, shown }: Audit): boolean {
    const { project, tissue } = this.#context
    const slide = project.slides.get(slideId)
    const counting = slide.nuclei - tissue.countOutside(slideId)
    return slide.nucleiVersion !== nucleiVersion || counting !== shown.reduce((sum, { nuclei }) => sum + nuclei, 0)
  }

  /**
   * Returns the answers to an audit by nucleus id, and what is left to answer. A nucleus counts as answered by the last
   * label that its reader gave it in the audit, unless that was undone or taken away.
   */
  #stateOf({ slideId, reader, begun, lastStepBefore, sample }: Audit) {
    const { project, tissue } = this.#context
    const asked = new Set(sample.map(({ id }) => id))
    const answers = new Map<number, number>()
    const times = new Map<number, string>()
    let ended = begun
    let seconds = 0
    for (const step of project.log.notUndoneLabelSteps(lastStepBefore, reviewReasons.audit)) {
      const { labels } = step.changes
      if (step.reader !== reader || !labels || !labels.ids.every((id) => asked.has(id))) continue
      labels.ids.forEach((id, k) => {
        if (labels.after[k]) answers.set(id, labels.after[k])
        else answers.delete(id)
        times.set(id, step.time)
      })
      seconds += Math.min(longestPause, Math.max(0, (Date.parse(step.time) - Date.parse(ended)) / 1000))
      ended = step.time
    }
    const ids = Uint32Array.from(asked)
    const { column } = tissue.outside(slideId)
    const places = project.nuclei.positionsOrMissing(slideId, ids)
    const left = Array.from(ids).filter((id, k) => !answers.has(id) && places[k] >= 0 && !column[places[k]])
    return { answers, times, left, seconds, ended }
  }

  #all(): Audit[] {
    return auditsSchema.parse(JSON.parse(this.#context.project.settings.get('audits') ?? '[]'))
  }

  #store(audits: readonly Audit[]): void {
    this.#context.project.settings.set('audits', JSON.stringify(audits))
    this.#context.announcer.changed()
  }
}
