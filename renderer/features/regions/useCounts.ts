import { useDebounceFn } from '@vueuse/core'
import { computed, shallowRef, watch, type Ref } from 'vue'
import type { ClassCountRow, NucleusFilter } from '../../../electron/contract/index.ts'
import { host, useNotices } from '../../host/index.ts'
import { stageOnSlide, useViewer } from '../viewer/index.ts'
import { areaCounting, clipped, isWhollySearched, type Polygon } from './area.ts'
import { useRegions } from './store.ts'
import { useTissue } from './tissueStore.ts'

const settles = 250 // ms without a change before counting: the host counts a million nuclei in some 50 ms

/** Number of nuclei by class in one place, and its area. */
export interface PlaceCounts {
  readonly total: number
  /** Nuclei whose class the model is unsure of and nobody has labelled. */
  readonly unsure: number
  readonly byClass: ReadonlyMap<number, ClassCountRow>
  /** mm²; null without µm/px. */
  readonly area: number | null
  /** Whether all of it was searched for nuclei; if not, no density is given. */
  readonly isSearched: boolean
}

type Place = Pick<PlaceCounts, 'area' | 'isSearched'> & { readonly where: NucleusFilter }

/** Keeps counts from the host for the view, the chosen region and the tissue. null: not known yet, or no such place. */
export function useCounts(): Record<'view' | 'region' | 'tissue', Ref<PlaceCounts | null>> {
  const viewer = useViewer()
  const regions = useRegions()
  const notices = useNotices()
  const tissue = useTissue()

  const info = computed(() => viewer.slide?.info ?? null)
  const view = computed(() => {
    if (!viewer.transform || !info.value) return null
    const polygon = clipped(stageOnSlide(viewer.transform), info.value.width, info.value.height)
    return polygon.length >= 6 ? polygon : null
  })
  const taken = computed(() =>
    regions.areas.flatMap(({ kind, outline }) => (kind === 'interest' ? [] : [{ kind, outline }])),
  )
  const mm2 = (polygon: Polygon | null) =>
    polygon && info.value?.mpp ? (areaCounting(polygon, taken.value) * info.value.mpp.x * info.value.mpp.y) / 1e6 : null
  const searched = computed(() => viewer.slide?.searched ?? null)
  const inPolygon = (polygon: Polygon | null): Place | null => {
    if (!polygon || !info.value) return null
    const onSlide = clipped(polygon, info.value.width, info.value.height)
    const isSearched = isWhollySearched(onSlide, searched.value)
    return { where: { polygon: [...polygon] }, area: mm2(polygon), isSearched }
  }
  const inTissue = (): Place | null => {
    const area = tissue.outlines?.area
    if (area === undefined) return null
    return { where: { tissue: true }, area: Number.isNaN(area) ? null : area, isSearched: searched.value === null }
  }
  const changes = () => [viewer.slideId, viewer.slide?.nucleiVersion, viewer.slide?.shownVersion]

  function countsIn(placeNow: () => Place | null) {
    const counts = shallowRef<PlaceCounts | null>(null)
    let asked = 0
    const ask = async () => {
      const turn = ++asked
      const place = placeNow()
      const slideId = viewer.slideId
      if (!place || slideId === null) return void (counts.value = null)
      const found = await notices.attempt(() => host.nuclei.counts({ slideId, where: place.where }))
      if (turn !== asked || !found) return
      counts.value = {
        total: found.reduce((sum, { nuclei }) => sum + nuclei, 0),
        unsure: found.reduce((sum, { uncertain }) => sum + uncertain, 0),
        byClass: new Map(found.map((one) => [one.classId, one])),
        area: place.area,
        isSearched: place.isSearched,
      }
    }
    watch([placeNow, changes], useDebounceFn(ask, settles), { immediate: true })
    return counts
  }

  return {
    view: countsIn(() => inPolygon(view.value)),
    region: countsIn(() => inPolygon(regions.chosen?.outline ?? null)),
    tissue: countsIn(inTissue),
  }
}
