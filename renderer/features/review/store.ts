import { watchDebounced } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef, watch } from 'vue'
import type { Coverage, Rect, ReviewItem, ReviewOrder } from '../../../electron/contract/index.ts'
import { reviewReasons } from '../../../electron/contract/api/review.ts'
import { bottomPanel } from '../../window/panelState.ts'
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
const surroundings = 14 // nucleus diameters that the slide shows at least around a nucleus gone to
const objective = 0.25 // µm/px of 40×: beyond it there is nothing more to see
const statesSettle = 400 // ms after a label until the states of what is shown are asked for

/** What is looked through: a list that the host keeps, the part of it that is here, and the place in it. */
export const useReview = defineStore('review', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const selection = useSelection()
  const labelling = useLabelling()
  const notices = useNotices()

  /** That of the list; where none is here, that of the next. */
  const order = shallowRef<ReviewOrder>(queue)
  const list = shallowRef<{ listId: number; nuclei: number; slideId: number } | null>(null)
  const at = ref(-1)
  const blocks = shallowRef(new Map<number, readonly (ReviewItem | null)[]>())
  const asked = new Set<number>()
  const coverage = shallowRef<Coverage | null>(null)
  /** Where the slide was before it was brought to a nucleus. */
  const cameFrom = shallowRef<Rect | null>(null)
  const isOpen = computed(() => bottomPanel.value === 'gallery' || bottomPanel.value === 'strip')
  const isBlind = computed(() => list.value !== null && order.value.kind === 'disputed')
  /** Colours, counts and the history would tell what was said. */
  const hidesAnswers = computed(() => isBlind.value && isOpen.value)

  /** An item of the list, undefined while it is not here, null where its nucleus is gone. */
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
    blocks.value.delete(block) // last in the map = used last
    blocks.value.set(block, items)
    for (const old of blocks.value.keys()) if (blocks.value.size > keptBlocks) blocks.value.delete(old)
    triggerRef(blocks)
  }

  /** Sees to it that items from … to − 1 are here. */
  function want(from: number, to: number): void {
    for (const block of blocksOf(from, to)) if (!blocks.value.has(block)) void fetchBlock(block)
  }

  /** Makes a list of the nuclei most like the selected one; where none is selected, says so. */
  async function makeAlike(): Promise<void> {
    const nucleusId = nuclei.selectedIds.at(-1)
    if (nucleusId === undefined) notices.say('info', strings.review.selectFirst)
    else await make({ kind: 'alike', nucleusId })
  }

  /** The present order; those like a nucleus are like the one that is selected by now. */
  function anew(): ReviewOrder {
    const nucleusId = nuclei.selectedIds.at(-1)
    return order.value.kind === 'alike' && nucleusId !== undefined ? { kind: 'alike', nucleusId } : order.value
  }

  /** Makes a list, by default the present one anew. Where it cannot be made, the present one stays. */
  async function make(wanted = anew()): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    const made = await notices.attempt(() => host.review.list({ slideId, order: wanted }))
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
    const side = Math.max(surroundings * Math.max(8, x1 - x0, y1 - y0), mpp ? (stage * objective) / mpp.x : 0)
    const isSeen =
      view &&
      view.width < 6 * side &&
      Math.abs(x - view.x - view.width / 2) < view.width * 0.35 &&
      Math.abs(y - view.y - view.height / 2) < view.height * 0.35
    if (isSeen) return
    cameFrom.value ??= view
    viewer.show({ x: x - side / 2, y: y - side / 2, width: side, height: side })
  }

  /** The way last gone: what is gone is passed over in it. */
  let direction: 1 | -1 = 1

  /**
   * Goes to an item, or the next in that direction that is still there: it is selected, and the slide brought to it
   * where it is not in the middle already.
   */
  function go(index: number): void {
    if (!list.value || list.value.nuclei === 0) return
    direction = index < at.value ? -1 : 1
    const wanted = Math.min(list.value.nuclei - 1, Math.max(0, index))
    at.value = nearestThere(item, wanted, direction, list.value.nuclei) ?? at.value
    want(Math.max(0, at.value - 20), Math.min(list.value.nuclei, at.value + 60))
  }
  const isGone = computed(() => item(at.value) === null)
  watch(
    () => [at.value, current.value?.id, isOpen.value, isGone.value] as const,
    (_now, [, before]) => {
      if (!isOpen.value) return
      if (current.value) {
        nuclei.selectedIds = isBlind.value ? [] : [current.value.id]
        return bringTo(current.value.box)
      }
      // Nothing is under the hand: the next key must not mean what was there before.
      if (at.value >= 0 && nuclei.selectedIds.length === 1 && nuclei.selectedIds[0] === before) nuclei.selectedIds = []
      // A reader who selected something else, as what was merged, is at work there.
      if (isGone.value && bottomPanel.value === 'strip' && nuclei.selectedIds.length === 0) go(at.value + direction)
    },
  )
  watch(
    () => {
      if (!isOpen.value || !current.value) return null
      const nucleusId = current.value.id
      if (isBlind.value) return { nucleusId, why: reviewReasons.adjudicated }
      return order.value.kind === 'queue' ? { nucleusId, why: reviewReasons.queue } : null
    },
    (asked) => (selection.askedFor = asked),
    { flush: 'sync' },
  )
  // In the film strip keys mean its nucleus, selected or not, until another one is selected on the slide.
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

  /** Back to where the slide was. */
  function back(): void {
    if (cameFrom.value) viewer.show(cameFrom.value)
    cameFrom.value = null
  }

  const isUnderHand = (ids: readonly number[]) =>
    current.value !== null && ids.length === 1 && ids[0] === current.value.id

  /** Shows a label on the item itself, at once. */
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

  /** Labels the item under the hand as the model says, and goes on. */
  function agree(): void {
    if (!isOpen.value || isBlind.value || !current.value?.predictedClassId) return
    nuclei.selectedIds = [current.value.id]
    void labelling.label(current.value.predictedClassId)
    if (bottomPanel.value === 'gallery') go(at.value + 1)
  }

  /** Labels the unlabelled of items from … to − 1 as the model says, as one step. */
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
    () => [isOpen.value, viewer.slideId, viewer.slide?.shownVersion, project.state?.reader] as const,
    async ([open, slideId], before) => {
      if (!open || slideId === null) return
      coverage.value = (await notices.attempt(() => host.review.coverage({ slideId }))) ?? null
      // What is shown may have been labelled or undone elsewhere.
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
  /** The list is of another slide or reader: it is made anew when it is looked through. */
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
      // The nucleus that the others were like is not on this slide.
      if (order.value.kind === 'alike') order.value = queue
      drop()
    },
  )
  watch(
    () => project.state?.reader,
    (_now, before) => {
      // What one reader is asked a second time is not for the next.
      if (before !== undefined && order.value.kind === 'queue') drop()
    },
  )

  return {
    order,
    list,
    at,
    current,
    coverage,
    cameFrom,
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
  }
})
