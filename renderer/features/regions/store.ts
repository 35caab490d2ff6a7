import { until } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Region, RegionKind } from '../../../electron/contract/index.ts'
import { host, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { useSaving } from '../saving/index.ts'
import { clickTravel, useViewer } from '../viewer/index.ts'
import { canClose, closesRegion, freeName } from './draft.ts'
import { useTissue } from './tissueStore.ts'

/** State of the regions that people marked on the displayed slide, and of the one being drawn. */
export const useRegions = defineStore('regions', () => {
  const project = useProject()
  const viewer = useViewer()
  const saving = useSaving()
  const tissue = useTissue()
  const regions = computed(() => (project.state?.regions ?? []).filter((r) => r.slideId === viewer.slideId))
  const interest = computed(() => regions.value.filter((r) => r.kind === 'interest'))
  /** Regions added to the tissue or excluded from it. */
  const areas = computed(() => regions.value.filter((r) => r.kind !== 'interest'))
  const chosenId = ref<number | null>(null)
  /** The chosen region of interest, else the newest one. */
  const chosen = computed(() => interest.value.find((r) => r.id === chosenId.value) ?? interest.value.at(-1) ?? null)
  /** Corners drawn so far, x, y in level-0 pixels; null while no region is being drawn. */
  const draft = shallowRef<readonly number[] | null>(null)
  const draftKind = ref<RegionKind>('interest')
  /** Finished regions that are not saved yet. They stay visible while the disk is full or away. */
  const sent = shallowRef<readonly Pick<Region, 'slideId' | 'kind' | 'name' | 'outline'>[]>([])
  const unsaved = computed(() => sent.value.filter(({ slideId }) => slideId === viewer.slideId))
  /**
   * Names given on this page, by slide. The name of a removed region is not used again, because undo may restore that
   * region.
   */
  const given = new Map<number, readonly string[]>()
  let giveBack: (() => void) | null = null

  /** Returns by how many level-0 pixels a click may miss. */
  const reach = () => clickTravel / viewer.scale

  function begin(kind: RegionKind): void {
    if (viewer.slideId === null || draft.value) return
    draft.value = []
    draftKind.value = kind
    // Shows the tissue, so that the user sees what changes.
    if (kind !== 'interest') tissue.isShown = true
    giveBack = viewer.takeClicks((at) => {
      const corners = draft.value ?? []
      if (closesRegion(corners, at, reach())) void finish()
      else draft.value = [...corners, at.x, at.y]
    })
  }
  function cancel(): void {
    draft.value = null
    giveBack?.()
    giveBack = null
  }
  const takeBack = () => (draft.value = draft.value?.slice(0, -2) ?? null)

  /** Whether a click at the mouse's place would close the region. */
  const closes = computed(() => !!draft.value && !!viewer.pointer && closesRegion(draft.value, viewer.pointer, reach()))

  /** Saves the drawn region. Does nothing while it has fewer than three corners. */
  async function finish(): Promise<void> {
    const outline = draft.value
    const slideId = viewer.slideId
    if (!outline || !canClose(outline) || slideId === null) return
    cancel()
    const kind = draftKind.value
    const own = regions.value.filter((r) => r.kind === kind)
    const taken = new Set([...own.map(({ name }) => name), ...(given.get(slideId) ?? [])])
    const name = freeName(strings.regions.names[kind], own.length, taken)
    given.set(slideId, [...(given.get(slideId) ?? []), name])
    const region = { slideId, kind, name, outline: [...outline] }
    sent.value = [...sent.value, region]
    // It was drawn by hand, so like a label it waits while the disk is full or away.
    const made = await saving.change(() => host.regions.set(region), name)
    if (made && kind === 'interest') chosenId.value = made.regionId
    // The region reaches the page with the next state, a moment later.
    if (made) await until(() => regions.value.some(({ id }) => id === made.regionId)).toBe(true, { timeout: 1000 })
    sent.value = sent.value.filter((other) => other !== region)
  }
  const remove = ({ id, name }: Region) => saving.change(() => host.regions.remove({ regionId: id }), name)
  /** Renames a region. Does nothing if the name is empty or unchanged. */
  async function rename({ id, name: old, ...region }: Region, name: string): Promise<void> {
    const wanted = name.trim()
    if (wanted === '' || wanted === old) return
    await saving.change(() => host.regions.set({ ...region, regionId: id, name: wanted }), wanted)
  }

  watch(() => viewer.slideId, cancel)
  return {
    regions,
    interest,
    areas,
    draftKind,
    chosenId,
    chosen,
    draft,
    unsaved,
    closes,
    begin,
    cancel,
    takeBack,
    finish,
    remove,
    rename,
  }
})
