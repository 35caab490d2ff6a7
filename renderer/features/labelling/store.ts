import { until, useEventListener } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { NucleusFilter } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'
import { SaveQueue } from './saveQueue.ts'
import { useSelection } from './selecting.ts'

const retryAfter = 3_000 // ms between tries while a disk is full or away
/** What may pass by itself: somebody makes room, the drive comes back. */
const passing = new Set(['disk-full', 'read-only', 'busy'])

/** Human labels: shown at once, saved at once, taken back on the screen where the host refused them. */
export const useLabelling = defineStore('labelling', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const selection = useSelection()
  const notices = useNotices()
  const unsaved = ref(0)
  const listeners = new Set<(ids: readonly number[], classId: number | null) => void>()

  async function canRetry(error: unknown): Promise<boolean> {
    const failure = failureOf(error)
    if (failure && passing.has(failure.kind)) {
      notices.say('error', failure.message)
      await new Promise((resolve) => setTimeout(resolve, retryAfter))
      return true
    }
    if (failure?.kind === 'closed') {
      // It can be saved into its own project alone: it waits until that is open again.
      await until(() => project.elsewhere?.path === project.state?.project.path).toBe(true)
      return true
    }
    // fetch() rejects with a TypeError where nobody answered.
    if (failure || !(error instanceof TypeError)) return false
    await new Promise((resolve) => setTimeout(resolve, retryAfter / 10))
    await until(() => project.connection === 'live').toBe(true)
    return true
  }
  const queue = new SaveQueue(canRetry, (n) => (unsaved.value = n))
  useEventListener(window, 'pagehide', () => queue.sendAll())
  useEventListener(window, 'beforeunload', (event) => {
    // With the host away, leaving would lose what is not saved: the browser asks.
    if (unsaved.value > 0 && project.connection !== 'live') event.preventDefault()
  })

  /** The selected nuclei, else the one under the mouse. */
  const targets = computed(() => {
    if (selection.asked !== null) return [selection.asked]
    if (nuclei.selectedIds.length > 0) return nuclei.selectedIds
    return nuclei.hoveredId === null ? [] : [nuclei.hoveredId]
  })

  /** Gives nuclei a class or an answer; null takes their label away. */
  async function give(slideId: number, ids: readonly number[], classId: number | null, reason?: string): Promise<void> {
    const settle = nuclei.showEdit(ids, classId)
    try {
      await queue.add(() => host.labels.set({ slideId, nucleusIds: [...ids], classId, reason }))
      settle(true)
    } catch (error) {
      settle(false)
      notices.sayFailure(error)
    }
  }

  /** The same for all nuclei that `where` names; how many there were. */
  const giveWhere = (slideId: number, where: NucleusFilter, classId: number | null) =>
    notices.attempt(() => queue.add(() => host.labels.setWhere({ slideId, where, classId })))

  /** Labels the targets; null takes their label away. */
  async function label(classId: number | null): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    const ids = selection.large ? [] : targets.value
    const saved = selection.large
      ? giveWhere(slideId, selection.large.where, classId)
      : ids.length > 0
        ? give(slideId, ids, classId, selection.reason)
        : null
    if (!saved) return
    listeners.forEach((listener) => listener(ids, classId))
    await saved
  }

  /** Tells of every label that is given one by one, at once. */
  function onLabel(listener: (ids: readonly number[], classId: number | null) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** A change of outlines, after the labels before it. */
  const change = <T>(work: () => Promise<T>) => notices.attempt(() => queue.add(work))
  const undo = () => change(() => host.labels.undo({}))
  const redo = () => change(() => host.labels.redo({}))
  const forgetUnsaved = () => queue.forget()
  const canUndo = computed(() => project.state?.canUndo ?? false)
  const canRedo = computed(() => project.state?.canRedo ?? false)

  return { targets, unsaved, label, give, giveWhere, onLabel, change, forgetUnsaved, undo, redo, canUndo, canRedo }
})
