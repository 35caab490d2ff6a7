import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { NucleusFilter } from '../../../../electron/contract/index.ts'
import { host, useNotices } from '../../../host/index.ts'
import { strings } from '../../../strings.ts'
import { useNuclei } from '../../nuclei/index.ts'
import { useViewer } from '../../viewer/index.ts'
import { selectionAfterStroke, type AskedFor, type SelectionMode } from './selection.ts'

/** State of the selection: which nuclei the next label is for. */
export const useSelection = defineStore('selection', () => {
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  /** The nucleus that a review currently asks about, and the reason. */
  const askedFor = shallowRef<AskedFor | null>(null)
  /**
   * The nuclei that a review asks about. They are not selected, so that nothing else on the page reveals what is known
   * about them. Empty if the nucleus no longer exists; null if no review asks.
   */
  const asked = shallowRef<readonly number[] | null>(null)
  const size = computed(() => nuclei.selectedIds.length)
  const clear = () => (nuclei.selectedIds = [])

  /** Returns `where` restricted to nuclei that are not hidden: what the user cannot see is not changed. */
  function seen(where: NucleusFilter): NucleusFilter {
    if (nuclei.hidesUnsure) where = { ...where, uncertain: false }
    if (nuclei.hiddenClasses.size === 0) return where
    const shown = [0, ...nuclei.classes.map((c) => c.id)].filter((id) => !nuclei.hiddenClasses.has(id))
    return { ...where, classIds: shown }
  }

  /** Selects the nuclei that match `where`, adds them to the selection or removes them from it. */
  async function select(where: NucleusFilter, mode: SelectionMode): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    const found = await notices.attempt(() => host.nuclei.find({ slideId, where: seen(where) }))
    if (!found || viewer.slideId !== slideId) return
    if (found.nuclei === 0 && mode === 'replace') notices.say('info', strings.tools.nothingThere)
    nuclei.selectedIds = selectionAfterStroke(nuclei.selectedIds, found.nucleusIds, mode)
  }

  return { askedFor, asked, size, clear, select, seen }
})
