import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { NucleusFilter } from '../../../electron/contract/index.ts'
import { count } from '../../format.ts'
import { host, useNotices } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'
import { selectionAfterStroke, type AskedFor, type SelectionMode } from './selection.ts'

/** Nuclei that are selected one by one; more are selected by what they have in common, and only the host lists them. */
export const mostListed = 20_000

/** Which nuclei the next label is for. */
export const useSelection = defineStore('selection', () => {
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  const large = shallowRef<{ where: NucleusFilter; nuclei: number } | null>(null)
  /** What a review asks for just now. */
  const askedFor = shallowRef<AskedFor | null>(null)
  /**
   * The nuclei that are asked about without being selected, so that nothing else on the page tells what is known of
   * them; none where the one asked about is gone. null: nobody asks.
   */
  const asked = shallowRef<readonly number[] | null>(null)
  const size = computed(() => large.value?.nuclei ?? nuclei.selectedIds.length)

  function clear(): void {
    large.value = null
    nuclei.selectedIds = []
  }

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
    const wanted = seen(where)
    const found = await notices.attempt(() => host.nuclei.find({ slideId, where: wanted, limit: mostListed }))
    if (!found || viewer.slideId !== slideId) return
    if (found.nuclei === 0 && mode === 'replace') notices.say('info', strings.tools.nothingThere)
    const tooMany = found.nuclei > mostListed
    if ((tooMany || large.value) && mode !== 'replace')
      return notices.say('warning', strings.tools.tooManyToChange(count(mostListed)))
    large.value = tooMany ? { where: wanted, nuclei: found.nuclei } : null
    nuclei.selectedIds = tooMany ? [] : selectionAfterStroke(nuclei.selectedIds, found.nucleusIds, mode)
  }

  watch(
    () => nuclei.selectedIds,
    (ids) => {
      if (ids.length > 0) large.value = null
    },
  )
  watch(
    () => viewer.slideId,
    () => (large.value = null),
  )
  return { large, askedFor, asked, size, clear, select, seen }
})
