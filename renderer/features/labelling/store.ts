import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { host, useNotices, useProject } from '../../host/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'

/** Human labels: shown at once, saved at once, taken back on the screen where the host could not save them. */
export const useLabelling = defineStore('labelling', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  // One after the other: two keys on one nucleus, or a label and its undo, must reach the host in that order.
  let queue: Promise<unknown> = Promise.resolve()
  const unsaved = shallowRef(0)

  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    unsaved.value++
    const result = queue.then(work).finally(() => unsaved.value--)
    queue = result.catch(() => undefined)
    return result
  }

  /** The selected nuclei, else the one under the mouse. */
  const targets = computed(() => {
    if (nuclei.selectedIds.length > 0) return nuclei.selectedIds
    return nuclei.hoveredId === null ? [] : [nuclei.hoveredId]
  })

  /** Labels the targets; null takes their label away. */
  async function label(classId: number | null): Promise<void> {
    const slideId = viewer.slideId
    const ids = targets.value
    if (slideId === null || ids.length === 0) return
    const settle = nuclei.showEdit(ids, classId)
    try {
      await enqueue(() => host.labels.set({ slideId, nucleusIds: [...ids], classId }))
      settle(true)
    } catch (error) {
      settle(false)
      notices.sayFailure(error)
    }
  }

  const undo = () => notices.attempt(() => enqueue(() => host.labels.undo({})))
  const redo = () => notices.attempt(() => enqueue(() => host.labels.redo({})))
  const canUndo = computed(() => project.state?.canUndo ?? false)
  const canRedo = computed(() => project.state?.canRedo ?? false)

  return { targets, unsaved, label, undo, redo, canUndo, canRedo }
})
