import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { host, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useViewer } from '../viewer/index.ts'

/** Regions of interest of the slide on the stage, and the one that is being drawn. */
export const useRegions = defineStore('regions', () => {
  const project = useProject()
  const viewer = useViewer()
  const notices = useNotices()
  const regions = computed(() => (project.state?.regions ?? []).filter((r) => r.slideId === viewer.slideId))
  const chosenId = ref<number | null>(null)
  /** The chosen region, or the newest there is. */
  const chosen = computed(() => regions.value.find((r) => r.id === chosenId.value) ?? regions.value.at(-1) ?? null)
  /** Corners drawn so far, x, y in level-0 pixels; null while none is drawn. */
  const draft = shallowRef<readonly number[] | null>(null)
  let giveBack: (() => void) | null = null

  function begin(): void {
    if (viewer.slideId === null || draft.value) return
    draft.value = []
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
    const name = strings.regions.name(regions.value.length + 1)
    const made = await notices.attempt(() => host.regions.set({ slideId, name, outline: [...outline] }))
    if (made) chosenId.value = made.regionId
  }
  const remove = (regionId: number) => notices.attempt(() => host.regions.remove({ regionId }))

  watch(() => viewer.slideId, cancel)
  return { regions, chosenId, chosen, draft, begin, cancel, takeBack, finish, remove }
})
