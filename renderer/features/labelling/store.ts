import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { NucleusFilter, Step } from '../../../electron/contract/index.ts'
import { host, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useSaving } from '../saving/index.ts'
import { useViewer } from '../viewer/index.ts'
import { useSelection } from './tools/selectionStore.ts'
import { reasonFor } from './tools/selection.ts'

/** Human labels. They are shown and saved at once, and removed from the page again if the host refuses them. */
export const useLabelling = defineStore('labelling', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const selection = useSelection()
  const notices = useNotices()
  const saving = useSaving()
  /** Labels given on this page, by step id: the version of the slide's shown classes that contains each. */
  const versions = new Map<number, { readonly slideId: number; readonly shownVersion: number }>()
  const listeners = new Set<(ids: readonly number[], classId: number | null) => void>()

  /**
   * The nuclei that the next label applies to: those the review asks about, else the selected ones, else the one under
   * the mouse.
   */
  const targets = computed(() => {
    if (selection.asked) return selection.asked
    if (nuclei.selectedIds.length > 0) return nuclei.selectedIds
    return nuclei.hoveredId === null ? [] : [nuclei.hoveredId]
  })

  const nameOf = (classId: number | null) =>
    classId === null ? strings.unsaved.noLabel : (nuclei.classes.find(({ id }) => id === classId)?.name ?? '')

  /** Gives nuclei a class or an answer; null removes their label. */
  async function give(slideId: number, ids: readonly number[], classId: number | null, reason?: string): Promise<void> {
    const settle = nuclei.showEdit(slideId, ids, classId)
    try {
      const what = { name: nameOf(classId), count: ids.length }
      const saved = await saving.save(what, () => host.labels.set({ slideId, nucleusIds: [...ids], classId, reason }))
      versions.set(saved.stepId, { slideId, shownVersion: saved.shownVersion })
      settle(saved.shownVersion)
    } catch (error) {
      settle(null)
      notices.sayFailure(error)
    }
  }

  /**
   * Does the same for all nuclei that match `where`. Resolves with the host's answer, which says how many there were,
   * or undefined if it failed.
   */
  const giveWhere = (slideId: number, where: NucleusFilter, classId: number | null) =>
    notices.attempt(() =>
      saving.save({ name: strings.unsaved.byRule(nameOf(classId)), count: 1 }, () =>
        host.labels.setWhere({ slideId, where, classId }),
      ),
    )

  /** Labels the target nuclei; null removes their label. */
  async function label(classId: number | null): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    const ids = targets.value
    if (ids.length === 0) return
    const saved = give(slideId, ids, classId, reasonFor(ids, selection.askedFor))
    listeners.forEach((listener) => listener(ids, classId))
    await saved
  }

  /** Calls `listener` at once for every label given by `label`. Returns a function that stops this. */
  function onLabel(listener: (ids: readonly number[], classId: number | null) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Saves a change, by default of outlines, after the labels before it. */
  const change = <T>(work: () => Promise<T>, name = strings.unsaved.outlines) => saving.change(work, name)

  /** Undoes the newest step. If it is a label from this page, what was there before is shown at once. */
  async function undo(): Promise<void> {
    const next = project.state?.steps.findLast(({ move }) => move === 'undo')
    // While a change is on its way to the host, the newest step is not known yet.
    const label = next && saving.unsaved === 0 ? versions.get(next.id) : undefined
    const stopShowing = label && nuclei.showUndo(label.slideId, label.shownVersion)
    const undone = await change(() => host.labels.undo({}), strings.keys.commands.undo)
    if (undone?.step?.id !== next?.id) stopShowing?.()
  }
  const redo = () => change(() => host.labels.redo({}), strings.keys.commands.redo)
  /** Undoes up to and including a step, or redoes up to and including it. */
  const goTo = ({ id, move }: Step) =>
    change(() => host.labels.goTo({ stepId: id }), strings.keys.commands[move ?? 'undo'])
  const canUndo = computed(() => project.state?.canUndo ?? false)
  const canRedo = computed(() => project.state?.canRedo ?? false)

  /** Set to true to open the form for relabelling by rule as soon as it is on the page. */
  const ruleWanted = ref(false)

  return {
    targets,
    label,
    give,
    giveWhere,
    onLabel,
    change,
    undo,
    redo,
    goTo,
    canUndo,
    canRedo,
    ruleWanted,
  }
})
