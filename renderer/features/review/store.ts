import { watchDebounced } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef, watch } from 'vue'
import type { Coverage, Rect, ReviewItem, ReviewOrder } from '../../../electron/contract/index.ts'
import { reviewReasons } from '../../../electron/contract/api/review.ts'
import { meanMpp } from '../../../electron/contract/slides/scale.ts'
import { bottomPanel, sidePanel } from '../../window/panelState.ts'
import { count } from '../../format.ts'
import { host, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useLabelling, useSelection } from '../labelling/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer, visibleRect } from '../viewer/index.ts'
import { blocksOf, blockSize } from './blocks.ts'
import { nearestThere, veilsOf, type Item } from './items.ts'

export const queue: ReviewOrder = { kind: 'queue', size: 200 }
const keptBlocks = 40
const surroundings = 14 // smallest field shown around a nucleus, in nucleus diameters
const objective = 0.25 // µm/px of 40×: zooming in further shows no more detail
const statesSettle = 400 // ms after a label until coverage and item states are fetched

/** State of the review: a list that the host keeps, the part of it that is fetched, and the current place in it. */
export const useReview = defineStore('review', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const selection = useSelection()
  const labelling = useLabelling()
  const notices = useNotices()

  /** The order of the current list; if there is none, of the next one. */
  const order = shallowRef<ReviewOrder>(queue)
  const list = shallowRef<{ listId: number; nuclei: number; slideId: number } | null>(null)
  /** Number of lists that the host is making. Comparing labels takes seconds. */
  const making = ref(0)
  const at = ref(-1)
  const blocks = shallowRef(new Map<number, readonly (ReviewItem | null)[]>())
  const asked = new Set<number>()
  const coverage = shallowRef<Coverage | null>(null)
  /** The view before the review moved the slide to a nucleus. */
  const cameFrom = shallowRef<Rect | null>(null)
  const isOpen = computed(() => bottomPanel.value === 'gallery' || bottomPanel.value === 'strip')
  const isAudit = computed(() => list.value !== null && order.value.kind === 'audit')
  const isBlind = computed(() => isAudit.value || (list.value !== null && order.value.kind === 'disputed'))
  /** Whether colours, counts and history must be hidden because they would reveal the readers' answers. */
  const hidesAnswers = computed(() => isBlind.value && isOpen.value)

  /** Returns an item of the list: undefined until it is fetched, null if its nucleus no longer exists. */
  const item = (index: number): Item => blocks.value.get(Math.floor(index / blockSize))?.[index % blockSize]
  const current = computed(() => (at.value < 0 ? null : (item(at.value) ?? null)))

  async function fetchBlock(block: number): Promise<void> {
    const now = list.value
    if (!now || asked.has(block)) return
    asked.add(block)
    const from = block * blockSize
    const to = Math.min(from + blockSize, now.nuclei)
    const items = await notices.attempt(() => host.review.window({ listId: now.listId, from, to }))
    asked.delete(block)
    if (!items || list.value !== now) return
    blocks.value.delete(block) // last in the map = most recently used
    blocks.value.set(block, items)
    for (const old of blocks.value.keys()) if (blocks.value.size > keptBlocks) blocks.value.delete(old)
    triggerRef(blocks)
  }

  /** Makes sure that items from … to − 1 are fetched. */
  function want(from: number, to: number): void {
    for (const block of blocksOf(from, to)) if (!blocks.value.has(block)) void fetchBlock(block)
  }

  /** Makes a list of the nuclei most similar to the selected one. Shows a notice if none is selected. */
  async function makeAlike(): Promise<void> {
    const nucleusId = nuclei.selectedIds.at(-1)
    if (nucleusId === undefined) notices.say('info', strings.review.selectFirst)
    else await make({ kind: 'alike', nucleusId })
  }

  /** Returns the current order. An 'alike' order takes the nucleus that is selected now, if any. */
  function anew(): ReviewOrder {
    const nucleusId = nuclei.selectedIds.at(-1)
    return order.value.kind === 'alike' && nucleusId !== undefined ? { kind: 'alike', nucleusId } : order.value
  }

  /** Makes a new list, by default in the current order. If that fails, the current list stays. */
  async function make(wanted = anew()): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    making.value++
    const made = await notices.attempt(() => host.review.list({ slideId, order: wanted }))
    making.value--
    if (!made || viewer.slideId !== slideId) return
    at.value = -1
    blocks.value = new Map()
    asked.clear()
    order.value = wanted
    list.value = { ...made, slideId }
    want(0, Math.min(made.nuclei, blockSize))
    if (bottomPanel.value === 'strip') go(0)
  }

  function bringTo([x0, y0, x1, y1]: readonly number[]): void {
    const view = viewer.transform && visibleRect(viewer.transform)
    const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2]
    const mpp = viewer.slide?.info.mpp
    const stage = viewer.transform ? Math.min(viewer.transform.width, viewer.transform.height) : 0
    const side = Math.max(surroundings * Math.max(8, x1 - x0, y1 - y0), mpp ? (stage * objective) / meanMpp(mpp) : 0)
    const isSeen =
      view &&
      view.width < 6 * side &&
      Math.abs(x - view.x - view.width / 2) < view.width * 0.35 &&
      Math.abs(y - view.y - view.height / 2) < view.height * 0.35
    if (isSeen) return
    cameFrom.value ??= view
    viewer.show({ x: x - side / 2, y: y - side / 2, width: side, height: side })
  }

  /** Direction of the last move; nuclei that no longer exist are skipped in this direction. */
  let direction: 1 | -1 = 1

  /**
   * Goes to an item, or to the next one in that direction that still exists. The nucleus is selected, and the slide
   * moves to it unless it is already near the middle.
   */
  function go(index: number): void {
    if (!list.value || list.value.nuclei === 0) return
    direction = index < at.value ? -1 : 1
    const wanted = Math.min(list.value.nuclei - 1, Math.max(0, index))
    at.value = nearestThere(item, wanted, direction, list.value.nuclei) ?? at.value
    want(Math.max(0, at.value - 20), Math.min(list.value.nuclei, at.value + 60))
  }
  const isGone = computed(() => item(at.value) === null)
  // Sources one by one: a getter of an array would run this whenever items are fetched again, and move the slide.
  watch([at, () => current.value?.id, isOpen, isGone], (_now, [, before]) => {
    if (!isOpen.value) return
    if (current.value) {
      nuclei.selectedIds = isBlind.value ? [] : [current.value.id]
      return bringTo(current.value.box)
    }
    // There is no current item: the next key must not apply to the previous one.
    if (at.value >= 0 && nuclei.selectedIds.length === 1 && nuclei.selectedIds[0] === before) nuclei.selectedIds = []
    // Stay if the reader has selected something else, such as a merged nucleus, and is working there.
    if (isGone.value && bottomPanel.value === 'strip' && nuclei.selectedIds.length === 0) go(at.value + direction)
  })
  watch(
    () => {
      if (!isOpen.value || !current.value) return null
      const nucleusId = current.value.id
      if (isAudit.value) return { nucleusId, why: reviewReasons.audit }
      if (isBlind.value) return { nucleusId, why: reviewReasons.adjudicated }
      if (order.value.kind === 'suspects') return { nucleusId, why: reviewReasons.checked }
      return order.value.kind === 'queue' ? { nucleusId, why: reviewReasons.queue } : null
    },
    (asked) => (selection.askedFor = asked),
    { flush: 'sync' },
  )
  // In the film strip, label keys apply to its current nucleus, selected or not, until another one is selected on the
  // slide.
  watch(
    () => {
      const [id, selected] = [current.value?.id, nuclei.selectedIds]
      const isElsewhere = selected.length > 0 && (isBlind.value || selected.length > 1 || selected[0] !== id)
      if (at.value < 0 || bottomPanel.value !== 'strip' || isElsewhere) return null
      return id === undefined ? [] : [id]
    },
    (asked) => (selection.asked = asked),
    { flush: 'sync' },
  )
  watch(
    () => (isOpen.value ? veilsOf([...blocks.value.values()].flat()) : veilsOf([])),
    (veils) => (nuclei.veils = veils),
    { flush: 'sync' },
  )
  watch(hidesAnswers, (hides) => (nuclei.overlayVisible = !hides))

  /** Returns to the view before the review moved the slide. */
  function back(): void {
    if (cameFrom.value) viewer.show(cameFrom.value)
    cameFrom.value = null
  }

  const isUnderHand = (ids: readonly number[]) =>
    current.value !== null && ids.length === 1 && ids[0] === current.value.id

  /** Changes an item of the list at once, to show a label. */
  function mark(index: number, change: Partial<ReviewItem>): void {
    const block = blocks.value.get(Math.floor(index / blockSize))
    const before = block?.[index % blockSize]
    if (!block || !before) return
    blocks.value.set(
      Math.floor(index / blockSize),
      block.map((one, k) => (k === index % blockSize ? { ...before, ...change } : one)),
    )
    triggerRef(blocks)
  }

  labelling.onLabel((ids, given) => {
    if (!isOpen.value) return
    const goesOn = bottomPanel.value === 'strip' && given !== null && isUnderHand(ids)
    const named = new Set(ids)
    for (const [block, items] of blocks.value)
      items.forEach((one, k) => {
        if (!one || !named.has(one.id)) return
        const classId = given ?? one.predictedClassId
        mark(block * blockSize + k, { labelled: given !== null, classId, secondLook: false })
      })
    if (goesOn) go(at.value + 1)
  })

  /** Lists the selected nuclei in the gallery. Shows a notice if none is selected. */
  async function listSelected(): Promise<void> {
    if (nuclei.selectedIds.length === 0) return notices.say('info', strings.review.selectFirst)
    await make({ kind: 'chosen', nucleusIds: [...nuclei.selectedIds] })
    if (order.value.kind === 'chosen') bottomPanel.value = 'gallery'
  }

  /** Lists the nuclei whose class the model is unsure of in the gallery, the most unsure first. */
  async function listUnsure(): Promise<void> {
    await make({ kind: 'uncertain', only: true })
    if (order.value.kind === 'uncertain') bottomPanel.value = 'gallery'
  }

  /** Lists the labels that look mistaken in the film strip. */
  async function checkLabels(): Promise<void> {
    await make({ kind: 'suspects' })
    if (order.value.kind === 'suspects') bottomPanel.value = 'strip'
  }

  /** Whether every nucleus of an audit that still exists is answered. False while not all of its list is fetched. */
  const isAnswered = computed(() => {
    if (!isAudit.value || !list.value) return false
    const { nuclei } = list.value
    return Array.from({ length: nuclei }, (_, k) => item(k)).every((one) => one === null || one?.labelled)
  })
  watch(isAnswered, (answered) => {
    if (answered) endAudit()
  })

  /** Begins an audit of the slide, or goes on with the reader's unfinished one, in the film strip. */
  async function audit(): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    const report = await notices.attempt(() => host.audits.report({ slideId }))
    if (!report) return
    if (!report.open && !(await notices.attempt(() => host.audits.begin({ slideId })))) return
    await make({ kind: 'audit' })
    if (!isAudit.value) return
    want(0, list.value?.nuclei ?? 0)
    bottomPanel.value = 'strip'
  }

  /** Shows what the audit found. */
  function endAudit(): void {
    order.value = queue
    bottomPanel.value = null
    sidePanel.value = 'reports'
    drop()
    notices.say('info', strings.audit.done)
  }

  /**
   * Labels the current item with the model's class and goes on to the next. A label that looks mistaken is kept instead:
   * it is given again, so that the log says that it was checked.
   */
  function agree(): void {
    if (!isOpen.value || isBlind.value || !current.value) return
    const { id, suspect, classId, predictedClassId } = current.value
    const agreed = suspect ? classId : predictedClassId
    if (!agreed) return
    nuclei.selectedIds = [id]
    void labelling.label(agreed)
    if (bottomPanel.value === 'gallery') go(at.value + 1)
  }

  /** Labels the unlabelled items among from … to − 1 with the model's classes, as one step. */
  async function agreeAll(from: number, to: number): Promise<void> {
    const now = list.value
    if (!now || isBlind.value) return
    const open: { index: number; item: ReviewItem }[] = []
    for (let index = from; index < to; index++) {
      const one = item(index)
      if (one && !one.labelled && one.predictedClassId) open.push({ index, item: one })
    }
    if (open.length === 0) return
    const nucleusIds = open.map((one) => one.item.id)
    const reason = order.value.kind === 'queue' ? reviewReasons.queue : undefined
    const done = await labelling.change(
      () => host.labels.agree({ slideId: now.slideId, nucleusIds, reason }),
      strings.review.agree,
    )
    if (!done) return
    for (const one of open) mark(one.index, { labelled: true, classId: one.item.predictedClassId, secondLook: false })
    notices.say('info', strings.review.agreed(count(done.nuclei)))
  }

  watchDebounced(
    [isOpen, () => viewer.slideId, () => viewer.slide?.shownVersion, () => project.state?.reader],
    async ([open, slideId], before) => {
      if (!open || slideId === null) return
      coverage.value = (await notices.attempt(() => host.review.coverage({ slideId }))) ?? null
      // The shown items may have been labelled or undone elsewhere.
      if (list.value?.slideId === slideId && before?.[1] === slideId)
        for (const b of [...blocks.value.keys()].slice(-4)) void fetchBlock(b)
    },
    { debounce: statesSettle, immediate: true },
  )
  watch(isOpen, (open) => {
    if (open && list.value?.slideId !== viewer.slideId) void make()
  })
  watch(bottomPanel, (view) => {
    if (view === 'strip' && at.value < 0) go(0)
  })
  /**
   * Drops the list because slide or reader changed. A new one is made at once if the review is open, else when it is
   * opened.
   */
  function drop(): void {
    at.value = -1
    blocks.value = new Map()
    list.value = null
    cameFrom.value = null
    if (isOpen.value) void make()
  }
  watch(
    () => viewer.slideId,
    () => {
      // The nuclei that the list is of, or was compared with, are not on this slide, and an audit is of one slide.
      if (['alike', 'chosen', 'audit'].includes(order.value.kind)) order.value = queue
      drop()
    },
  )
  watch(
    () => project.state?.reader,
    (_now, before) => {
      if (before === undefined) return
      // Second looks and audits chosen for one reader are not for another.
      if (order.value.kind === 'audit') order.value = queue
      else if (order.value.kind !== 'queue') return
      drop()
    },
  )

  return {
    order,
    list,
    at,
    current,
    coverage,
    cameFrom,
    isAudit,
    isBlind,
    hidesAnswers,
    item,
    want,
    make,
    makeAlike,
    go,
    back,
    agree,
    agreeAll,
    audit,
    making,
    checkLabels,
    listUnsure,
    listSelected,
  }
})
