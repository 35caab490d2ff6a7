import {
  answers,
  FailureError,
  message,
  reviewReasons,
  type Coverage,
  type NucleusFilter,
  type ReviewItem,
  type ReviewOrder,
} from '../../contract/index.ts'
import { readingsIn } from '../../store/index.ts'
import { labelsChanged, type ProjectContext } from '../state/context.ts'
import type { Runs } from '../edits/runs.ts'
import { tokenFile } from '../state/paths.ts'
import { countsOf, positionsWhere } from '../edits/filter.ts'
import { Audits } from './audits.ts'
import { fraction, reviewColumns } from './columns.ts'
import { those } from './ascending.ts'
import { byClass, byDisagreement, byUncertainty } from './orders.ts'
import { suspectLabels } from './suspectLabels.ts'
import { sampleQueue, tiers } from './sampleQueue.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

interface ReviewList {
  readonly slideId: number
  readonly ids: Uint32Array
  /** The reader for whom the list was made. Second looks count for this reader alone. */
  readonly reader: string
  /** Ids of nuclei shown for a second look and not answered yet. */
  readonly secondLooks: Set<number>
  readonly said: ReadonlyMap<number, readonly [number, number]>
  /** What speaks against the labels of a list of suspects. */
  readonly suspects?: ReadonlyMap<number, ReviewItem['suspect']>
  /** True for the list of an audit: no item says its class. */
  readonly isAudit?: true
}

/** Number of lists kept. After that, the oldest is dropped. */
const keptLists = 8
/** A label of the last so many steps is still remembered. It is served again only where there are no older ones. */
const rememberedSteps = 30
/** Largest number of nuclei listed as similar to a chosen one. */
const mostAlike = 2000

/**
 * Lists of nuclei for review. A list keeps its order even if labels change meanwhile, so that nothing jumps while the
 * reader works. The page fetches only the part that it shows.
 */
export class Reviewing {
  readonly audits: Audits
  readonly #context: ProjectContext
  readonly #comparing: Runs
  readonly #lists = new Map<number, ReviewList>()
  #nextId = 1

  constructor(context: ProjectContext, comparing: Runs) {
    this.#context = context
    this.#comparing = comparing
    this.audits = new Audits(context)
  }

  /** Makes an ordered list of a slide's nuclei, or of those that match `where`. */
  async list(slideId: number, order: ReviewOrder, where?: NucleusFilter): Promise<{ listId: number; nuclei: number }> {
    const list = await this.#make(slideId, order, where)
    const listId = this.#nextId++
    this.#lists.set(listId, list)
    for (const id of this.#lists.keys()) if (this.#lists.size > keptLists) this.#lists.delete(id)
    return { listId, nuclei: list.ids.length }
  }

  /**
   * Returns items `from` to `to` − 1 of a list in their current state. Nuclei that are no longer on the slide are null.
   */
  window(listId: number, from: number, to: number): (ReviewItem | null)[] {
    const { slideId, ids, reader, secondLooks, said, suspects, isAudit } = this.#list(listId)
    const isReaders = reader === this.#context.reader()
    const { nuclei } = this.#context.project
    const heads = nuclei.heads(slideId)
    const shown = this.#context.views.shownClasses(slideId)
    const predictions = this.#context.views.predictions(slideId)
    const part = ids.subarray(from, to)
    const { classIds, known, probabilities } = predictions ?? { classIds: [], known: [], probabilities: [] }
    const isAnswered = isAudit && this.audits.isAnswered(slideId)
    return Array.from(nuclei.positionsOrMissing(slideId, part), (i, k) => {
      if (i < 0) return null
      if (isAnswered) {
        const labelled = isAnswered(part[k])
        return { id: part[k], box: boxOf(heads, i), classId: 0, predictedClassId: 0, p: 0, labelled, secondLook: false }
      }
      const row = Array.from(classIds, (_, c) => probabilities[i * classIds.length + c])
      const best = known[i] ? row.indexOf(Math.max(...row)) : -1
      const predictedClassId = best < 0 ? 0 : classIds[best]
      const isSecondLook = isReaders && secondLooks.has(part[k])
      const dispute = said.get(part[k])
      const suspect = suspects?.get(part[k])
      return {
        id: part[k],
        box: boxOf(heads, i),
        classId: isSecondLook ? predictedClassId : shown.classId[i],
        predictedClassId,
        p: best < 0 ? 0 : fraction(row[best]),
        labelled: shown.labelled[i] === 1 && !isSecondLook,
        secondLook: isSecondLook,
        ...(suspect && { suspect }),
        ...(dispute && { said: [dispute[0], dispute[1]] as [number, number] }),
      }
    })
  }

  /**
   * Labels each nucleus with its predicted class, all as one step. Throws FailureError 'empty' if none has a
   * prediction.
   */
  agree(slideId: number, nucleusIds: readonly number[], reason?: string): { stepId: number; nuclei: number } {
    const { project } = this.#context
    const columns = reviewColumns(this.#context, slideId)
    const positions = project.nuclei.positionsOf(slideId, nucleusIds)
    const spoken = nucleusIds.flatMap((id, k) => {
      const classId = columns.first[positions[k]]
      return classId ? [{ id, classId }] : []
    })
    if (spoken.length === 0) throw new FailureError('empty', message('noneToAgree'))
    const ids = spoken.map(({ id }) => id)
    const stepId = project.label({
      slideId,
      reader: this.#context.reader(),
      title: message('stepAgreed', { nuclei: spoken.length }),
      reason: this.answered(ids, reason),
      ids,
      classId: spoken.map(({ classId }) => classId),
    })
    labelsChanged(this.#context, slideId, ids)
    return { stepId, nuclei: spoken.length }
  }

  /**
   * Returns the reason to log for labels of these nuclei. The first label that answers a second look in the queue gets
   * the reason 'second look'. A label given elsewhere ends the second look without that reason.
   */
  answered(nucleusIds: ArrayLike<number>, reason?: string): string | undefined {
    let isSecondLook = false
    for (const { reader, secondLooks } of this.#lists.values())
      for (let k = 0; k < nucleusIds.length; k++)
        if (secondLooks.delete(nucleusIds[k]) && reader === this.#context.reader()) isSecondLook = true
    // A step that labels many nuclei at once does not judge each one, so it is no test of the reader.
    const isTest = isSecondLook && reason === reviewReasons.queue && nucleusIds.length === 1
    return isTest ? reviewReasons.secondLook : reason
  }

  coverage(slideId: number): Coverage {
    const { project } = this.#context
    const byClass = countsOf(this.#context, slideId)
    const secondLooks = { nuclei: 0, same: 0 }
    for (const { reader, changes } of project.log.notUndoneLabelSteps(0, reviewReasons.secondLook))
      if (reader === this.#context.reader() && changes.labels) {
        const { before, after } = changes.labels
        secondLooks.nuclei += before.length
        secondLooks.same += before.filter((label, i) => label === after[i]).length
      }
    const sum = (of: 'nuclei' | 'labelled') => byClass.reduce((all, one) => all + one[of], 0)
    return { nuclei: sum('nuclei'), labelled: sum('labelled'), byClass, secondLooks }
  }

  async #make(slideId: number, order: ReviewOrder, where?: NucleusFilter): Promise<ReviewList> {
    const { project, engine, slides } = this.#context
    const { id } = project.nuclei.heads(slideId)
    const reader = this.#context.reader()
    const none = { slideId, reader, secondLooks: new Set<number>(), said: new Map<number, [number, number]>() }
    const ids = (positions: Uint32Array) => positions.map((i) => id[i])
    const columns = reviewColumns(this.#context, slideId)
    const all = positionsWhere(this.#context, slideId, where)
    const classes = project.classes.all().map((c) => c.id)
    switch (order.kind) {
      case 'class': {
        const shown = (i: number) => columns.label[i] || columns.first[i]
        const own = order.classId === undefined ? all : those(all, (i) => shown(i) === order.classId)
        return { ...none, ids: ids(byClass(columns, own, [...classes, answers.notSure, answers.badOutline])) }
      }
      case 'uncertain':
        return {
          ...none,
          ids: ids(byUncertainty(columns, order.only ? those(all, (i) => columns.uncertain[i] === 1) : all)),
        }
      case 'disagreement': {
        const known = new Set(classes)
        return { ...none, ids: ids(byDisagreement(columns, all, (label) => known.has(label))) }
      }
      case 'alike': {
        const nucleus = project.nuclei.positionOf(slideId, order.nucleusId)
        const tokens = tokenFile(project.path, slideId)
        const slide = { ...slides.forEngine(slideId), nuclei: project.nuclei.of(slideId), tokens }
        const params = { model: this.#context.models.inUse().folder, slide, nucleus, most: mostAlike }
        const { index } = await engine.call('alike', params)
        const alike = index.filter((i) => !columns.outside[i]).map((i) => id[i])
        return { ...none, ids: Uint32Array.from([order.nucleusId, ...alike]) }
      }
      case 'chosen': {
        const places = project.nuclei.positionsOrMissing(slideId, Uint32Array.from(order.nucleusIds))
        const there = places.filter((at) => at >= 0 && !columns.outside[at])
        return { ...none, ids: ids(Uint32Array.from(there)) }
      }
      case 'queue': {
        const mine = readingsIn(project.log).byReader.get(reader)
        const own = new Uint8Array(id.length)
        // If somebody else has changed the label since, it says nothing about the reader's agreement with themselves.
        if (mine) {
          const recent = this.#labelledLately(reader)
          const places = project.nuclei.positionsOrMissing(slideId, mine.ids)
          const standing = [...mine.ids.keys()].filter(
            (k) => places[k] >= 0 && columns.label[places[k]] === mine.labels[k],
          )
          const older = standing.filter((k) => !recent.has(mine.ids[k]))
          for (const k of older.length > 0 ? older : standing) own[places[k]] = 1
        }
        const seed = project.log.steps(1).at(-1)?.id ?? 1
        const { position, tier } = sampleQueue({ ...columns, own }, order.size, seed)
        const again = position.filter((_, k) => tiers[tier[k]] === 'secondLook')
        return { ...none, ids: ids(position), secondLooks: new Set(ids(again)) }
      }
      case 'flips': {
        const { runId, ...flip } = order
        const changed = this.#comparing.flipped(slideId, { from: null, to: runId }, flip, id.length)
        return { ...none, ids: Uint32Array.from(changed) }
      }
      case 'against':
        return { ...none, ids: this.#comparing.against(slideId, order.runId) }
      case 'disputed': {
        const said = new Map(this.#comparing.disputed(slideId, order.first, order.second))
        return { ...none, ids: Uint32Array.from(said.keys()), said }
      }
      case 'suspects': {
        const suspects = await suspectLabels(this.#context, slideId)
        return { ...none, ids: Uint32Array.from(suspects.keys()), suspects }
      }
      case 'audit': {
        const open = this.audits.open(slideId)
        if (!open) throw new FailureError('empty', message('noAudit'))
        return { ...none, ids: Uint32Array.from(open.left), isAudit: true }
      }
    }
  }

  /** Returns the nuclei that a reader labelled in the last steps. */
  #labelledLately(reader: string): Set<number> {
    const { log } = this.#context.project
    const ids = new Set<number>()
    for (const { reader: by, changes } of log.notUndoneLabelSteps(log.last - rememberedSteps))
      if (by === reader) changes.labels?.ids.forEach((id) => ids.add(id))
    return ids
  }

  #list(listId: number): ReviewList {
    const list = this.#lists.get(listId)
    if (!list) throw new FailureError('not-found', message('noReviewList', { id: listId }))
    return list
  }
}
