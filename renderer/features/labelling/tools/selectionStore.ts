import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { NucleusFilter } from '../../../../electron/contract/index.ts'
import { host, useNotices } from '../../../host/index.ts'
import { strings } from '../../../strings.ts'
import { useNuclei } from '../../nuclei/index.ts'
import { useViewer } from '../../viewer/index.ts'
import { selectionAfterStroke, type AskedFor, type SelectionMode } from './selection.ts'

/** Which nuclei the next label is for. */
export const useSelection = defineStore('selection', () => {
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  /** What a review asks for just now. */
  const askedFor = shallowRef<AskedFor | null>(null)
  /**
   * The nuclei that are asked about without being selected, so that nothing else on the page tells what is known of
   * them; none where the one asked about is gone. null: nobody asks.
   */
  const asked = shallowRef<readonly number[] | null>(null)
  const size = computed(() => nuclei.selectedIds.length)
  const clear = () => (nuclei.selectedIds = [])

  /** `where` and that the class is not hidden: what is not seen is not changed. */
  function seen(where: NucleusFilter): NucleusFilter {
    if (nuclei.hiddenClasses.size === 0) return where
    const shown = [0, ...nuclei.classes.map((c) => c.id)].filter((id) => !nuclei.hiddenClasses.has(id))
    return { ...where, classIds: shown }
  }

  /** Selects the nuclei that `where` names, adds them or takes them away. */
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
