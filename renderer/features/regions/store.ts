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

/** What people marked on the slide on the stage, and what is being drawn. */
export const useRegions = defineStore('regions', () => {
  const project = useProject()
  const viewer = useViewer()
  const saving = useSaving()
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
  /** Drawn, and on the way to the disk: they stay in sight where it is full or away. */
  const sent = shallowRef<readonly Pick<Region, 'slideId' | 'kind' | 'name' | 'outline'>[]>([])
  const unsaved = computed(() => sent.value.filter(({ slideId }) => slideId === viewer.slideId))
  /** Names that were given here, by slide: that of a removed region is not given again, for undo may bring it back. */
  const given = new Map<number, readonly string[]>()
  let giveBack: (() => void) | null = null

  /** Level-0 pixels that a click may be off. */
  const reach = () => clickTravel / viewer.scale

  function begin(kind: RegionKind): void {
    if (viewer.slideId === null || draft.value) return
    draft.value = []
    draftKind.value = kind
    // Who changes the tissue wants to see it.
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

  /** Whether a click now closes the region. */
  const closes = computed(() => !!draft.value && !!viewer.pointer && closesRegion(draft.value, viewer.pointer, reach()))

  /** Saves what was drawn; with fewer than three corners there is nothing to save yet. */
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
    // Drawn by hand, so it waits like a label where the disk is full or away.
    const made = await saving.change(() => host.regions.set(region), name)
    if (made && kind === 'interest') chosenId.value = made.regionId
    // The page hears of it by the state, a moment later.
    if (made) await until(() => regions.value.some(({ id }) => id === made.regionId)).toBe(true, { timeout: 1000 })
    sent.value = sent.value.filter((other) => other !== region)
  }
  const remove = ({ id, name }: Region) => saving.change(() => host.regions.remove({ regionId: id }), name)
  /** Gives a region another name; nothing happens where that is empty or its own. */
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
