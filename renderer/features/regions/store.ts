import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { RegionKind } from '../../../electron/contract/index.ts'
import { host, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useViewer } from '../viewer/index.ts'
import { useTissue } from './tissueStore.ts'

/** What people marked on the slide on the stage, and what is being drawn. */
export const useRegions = defineStore('regions', () => {
  const project = useProject()
  const viewer = useViewer()
  const notices = useNotices()
  const tissue = useTissue()
  const regions = computed(() => (project.state?.regions ?? []).filter((r) => r.slideId === viewer.slideId))
  const interest = computed(() => regions.value.filter((r) => r.kind === 'interest'))
  /** What was added to the tissue or taken out of it. */
  const areas = computed(() => regions.value.filter((r) => r.kind !== 'interest'))
  const chosenId = ref<number | null>(null)
  /** The chosen region of interest, or the newest there is. */
  const chosen = computed(() => interest.value.find((r) => r.id === chosenId.value) ?? interest.value.at(-1) ?? null)
  /** Corners drawn so far, x, y in level-0 pixels; null while none is drawn. */
  const draft = shallowRef<readonly number[] | null>(null)
  const draftKind = ref<RegionKind>('interest')
  let giveBack: (() => void) | null = null

  function begin(kind: RegionKind): void {
    if (viewer.slideId === null || draft.value) return
    draft.value = []
    draftKind.value = kind
    // Who changes the tissue wants to see it.
    if (kind !== 'interest') tissue.isShown = true
    giveBack = viewer.takeClicks(({ x, y }) => (draft.value = [...(draft.value ?? []), x, y]))
  }
  function cancel(): void {
    draft.value = null
    giveBack?.()
    giveBack = null
  }
  const takeBack = () => (draft.value = draft.value?.slice(0, -2) ?? null)

  /** Saves what was drawn; with fewer than three corners there is nothing to save yet. */
  async function finish(): Promise<void> {
    const outline = draft.value
    const slideId = viewer.slideId
    if (!outline || outline.length < 6 || slideId === null) return
    cancel()
    const kind = draftKind.value
    const name = strings.regions.names[kind](regions.value.filter((r) => r.kind === kind).length + 1)
    const made = await notices.attempt(() => host.regions.set({ slideId, kind, name, outline: [...outline] }))
    if (made && kind === 'interest') chosenId.value = made.regionId
  }
  const remove = (regionId: number) => notices.attempt(() => host.regions.remove({ regionId }))

  watch(() => viewer.slideId, cancel)
  return { regions, interest, areas, draftKind, chosenId, chosen, draft, begin, cancel, takeBack, finish, remove }
})
