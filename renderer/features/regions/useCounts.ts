import { useDebounceFn } from '@vueuse/core'
import { computed, shallowRef, watch, type Ref } from 'vue'
import { host, useNotices } from '../../host/index.ts'
import { stageOnSlide, useViewer } from '../viewer/index.ts'
import { areaOf, clipped, type Polygon } from './area.ts'
import { useRegions } from './store.ts'

const settles = 250 // ms without a movement: the host counts a million nuclei in some 50

/** Nuclei by class within one place, and its area. */
export interface PlaceCounts {
  readonly total: number
  readonly byClass: ReadonlyMap<number, number>
  /** mm²; null without µm/px. */
  readonly area: number | null
}

/** Live counts of the view, the chosen region and the slide, by the host. null: not known yet, or no such place. */
export function useCounts(): Record<'view' | 'region' | 'slide', Ref<PlaceCounts | null>> {
  const viewer = useViewer()
  const regions = useRegions()
  const notices = useNotices()

  const info = computed(() => viewer.slide?.info ?? null)
  const view = computed(() => {
    if (!viewer.transform || !info.value) return null
    const polygon = clipped(stageOnSlide(viewer.transform), info.value.width, info.value.height)
    return polygon.length >= 6 ? polygon : null
  })
  const whole = computed(
    () => info.value && [0, 0, info.value.width, 0, info.value.width, info.value.height, 0, info.value.height],
  )
  const changes = () => [viewer.slideId, viewer.slide?.nucleiVersion, viewer.slide?.shownVersion]

  function countsIn(place: () => Polygon | null, whole: boolean) {
    const counts = shallowRef<PlaceCounts | null>(null)
    let asked = 0
    const ask = async () => {
      const turn = ++asked
      const polygon = place()
      const slideId = viewer.slideId
      if (!polygon || slideId === null) return void (counts.value = null)
      const where = whole ? undefined : { polygon: [...polygon] }
      const found = await notices.attempt(() => host.nuclei.counts({ slideId, where }))
      if (turn !== asked || !found) return
      const mpp = info.value?.mpp
      counts.value = {
        total: found.reduce((sum, { nuclei }) => sum + nuclei, 0),
        byClass: new Map(found.map(({ classId, nuclei }) => [classId, nuclei])),
        area: mpp ? (areaOf(polygon) * mpp.x * mpp.y) / 1e6 : null,
      }
    }
    watch([place, changes], useDebounceFn(ask, settles), { immediate: true })
    return counts
  }

  return {
    view: countsIn(() => view.value, false),
    region: countsIn(() => regions.chosen?.outline ?? null, false),
    slide: countsIn(() => whole.value, true),
  }
}
