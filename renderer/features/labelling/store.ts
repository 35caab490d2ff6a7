import { until, useEventListener } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Failure, NucleusFilter, Step } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'
import { SaveQueue, type What } from '../../host/saveQueue.ts'
import { useSelection } from './tools/selectionStore.ts'
import { reasonFor } from './tools/selection.ts'

const retryAfter = 3_000 // ms between tries while a disk is full or away
/** What may pass by itself: somebody makes room, the drive comes back. */
const passing = new Set(['disk-full', 'away', 'read-only', 'busy'])

/** Human labels: shown at once, saved at once, taken back on the screen where the host refused them. */
export const useLabelling = defineStore('labelling', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const selection = useSelection()
  const notices = useNotices()
  /** Changes that are not on disk yet, oldest first. */
  const waiting = shallowRef<readonly What[]>([])
  const unsaved = computed(() => waiting.value.length)
  /** Why they are not, while that lasts. */
  const obstacle = shallowRef<Pick<Failure, 'message' | 'told'> | null>(null)
  let tryNow = () => {}
  const listeners = new Set<(ids: readonly number[], classId: number | null) => void>()

  async function canRetry(error: unknown): Promise<boolean> {
    const failure = failureOf(error)
    if (failure && passing.has(failure.kind)) {
      obstacle.value = failure
      await new Promise<void>((resolve) => {
        tryNow = resolve
        setTimeout(resolve, retryAfter)
      })
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
    obstacle.value = { message: strings.connection.lost }
    await until(() => project.connection === 'live').toBe(true)
    return true
  }
  const queue = new SaveQueue(canRetry, (changes) => {
    const isOneLess = changes.length < waiting.value.length
    waiting.value = changes
    if (!isOneLess || obstacle.value === null) return
    obstacle.value = null
    if (changes.length === 0) notices.say('info', strings.unsaved.saved)
  })
  useEventListener(window, 'pagehide', () => queue.sendAll())
  useEventListener(window, 'beforeunload', (event) => {
    // With the host or the disk away, leaving would lose what is not saved: the browser asks.
    if (unsaved.value > 0 && (obstacle.value !== null || project.connection !== 'live')) event.preventDefault()
  })

  /** The selected nuclei, else the one under the mouse. */
  const targets = computed(() => {
    if (selection.asked) return selection.asked
    if (nuclei.selectedIds.length > 0) return nuclei.selectedIds
    return nuclei.hoveredId === null ? [] : [nuclei.hoveredId]
  })

  const nameOf = (classId: number | null) =>
    classId === null ? strings.unsaved.noLabel : (nuclei.classes.find(({ id }) => id === classId)?.name ?? '')

  /** Gives nuclei a class or an answer; null takes their label away. */
  async function give(slideId: number, ids: readonly number[], classId: number | null, reason?: string): Promise<void> {
    const settle = nuclei.showEdit(slideId, ids, classId)
    try {
      const what = { name: nameOf(classId), count: ids.length }
      await queue.add(what, () => host.labels.set({ slideId, nucleusIds: [...ids], classId, reason }))
      settle(true)
    } catch (error) {
      settle(false)
      notices.sayFailure(error)
    }
  }

  /** The same for all nuclei that `where` names; how many there were. */
  const giveWhere = (slideId: number, where: NucleusFilter, classId: number | null) =>
    notices.attempt(() =>
      queue.add({ name: strings.unsaved.byRule(nameOf(classId)), count: 1 }, () =>
        host.labels.setWhere({ slideId, where, classId }),
      ),
    )

  /** Labels the targets; null takes their label away. */
  async function label(classId: number | null): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    const ids = targets.value
    if (ids.length === 0) return
    const saved = give(slideId, ids, classId, reasonFor(ids, selection.askedFor))
    listeners.forEach((listener) => listener(ids, classId))
    await saved
  }

  /** Tells of every label that is given one by one, at once. */
  function onLabel(listener: (ids: readonly number[], classId: number | null) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** A change, of outlines as a rule, after the labels before it. */
  const change = <T>(work: () => Promise<T>, name = strings.unsaved.outlines) =>
    notices.attempt(() => queue.add({ name, count: 1 }, work))
  const undo = () => change(() => host.labels.undo({}), strings.keys.commands.undo)
  const redo = () => change(() => host.labels.redo({}), strings.keys.commands.redo)
  /** Undoes until a step is taken back too, or redoes until it is back. */
  const goTo = ({ id, move }: Step) =>
    change(() => host.labels.goTo({ stepId: id }), strings.keys.commands[move ?? 'undo'])
  const forgetUnsaved = () => queue.forget()
  const canUndo = computed(() => project.state?.canUndo ?? false)
  const canRedo = computed(() => project.state?.canRedo ?? false)

  const retry = () => tryNow()

  return {
    targets,
    unsaved,
    waiting,
    obstacle,
    retry,
    label,
    give,
    giveWhere,
    onLabel,
    change,
    forgetUnsaved,
    undo,
    redo,
    goTo,
    canUndo,
    canRedo,
  }
})
