import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import { decodeNucleusMap, type NucleusMap } from '../../../electron/contract/nuclei/nucleusMap.ts'
import { bottomPanel } from '../../window/panelState.ts'
import { fetchBytes, host, useNotices, useProject } from '../../host/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

const surroundings = 14 // nucleus diameters that the slide shows around a nucleus chosen on the map

/** State of the map of the slide's nuclei: its data, the job that makes it, and the way from a point to its nucleus. */
export const useEmbedding = defineStore('embedding', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  const open = computed({
    get: () => bottomPanel.value === 'map',
    set: (wanted) => (bottomPanel.value = wanted ? 'map' : null),
  })
  const map = shallowRef<NucleusMap | null>(null)

  const summary = computed(() => viewer.slide?.map ?? null)
  /** Whether nuclei were added or removed since the map was made. */
  const stale = computed(() => summary.value !== null && summary.value.nucleiVersion !== viewer.slide?.nucleiVersion)
  /** Position among the slide's nuclei of each nucleus on the map; −1 if it no longer exists. */
  const positions = computed(() => {
    const at = new Map(Array.from(nuclei.nuclei?.id ?? [], (id, i) => [id, i]))
    return Int32Array.from(map.value?.id ?? [], (id) => at.get(id) ?? -1)
  })
  /** Number on the map of each nucleus of the slide, by its position; −1 if it is not on the map. */
  const placeOfPosition = computed(() => {
    const all = new Int32Array(nuclei.nuclei?.count ?? 0).fill(-1)
    positions.value.forEach((position, i) => {
      if (position >= 0) all[position] = i
    })
    return all
  })
  const placeOf = (position: number) => placeOfPosition.value[position] ?? -1
  /** Whether dragging draws a lasso; else it moves the map. */
  const isLasso = ref(false)
  const job = computed(() => project.busy.find((j) => j.kind === 'embed' && j.slideId === viewer.slideId) ?? null)

  let loading: AbortController | null = null
  watch(
    [() => viewer.slideId, () => summary.value?.version, open],
    async ([slideId, version, isOpen], before) => {
      if (slideId !== before?.[0]) map.value = null
      loading?.abort()
      if (slideId === null || version === undefined || !isOpen) return
      const controller = (loading = new AbortController())
      try {
        const bytes = await fetchBytes(binaryRoutes.map(slideId, version), controller.signal)
        if (!controller.signal.aborted) map.value = decodeNucleusMap(bytes)
      } catch (error) {
        if (!controller.signal.aborted) notices.sayFailure(error)
      }
    },
    { immediate: true },
  )

  const make = () => {
    const slideId = viewer.slideId
    return slideId === null ? undefined : notices.attempt(() => host.nuclei.embed({ slideId }))
  }
  const cancel = (jobId: number) => notices.attempt(() => host.jobs.cancel({ jobId }))

  /** Selects a nucleus and centres the slide on it. position: among the slide's nuclei */
  function goTo(position: number): void {
    if (!nuclei.nuclei || position < 0) return
    const [x0, y0, x1, y1] = boxOf(nuclei.nuclei, position)
    const side = surroundings * Math.max(8, x1 - x0, y1 - y0)
    nuclei.selectedIds = [nuclei.nuclei.id[position]]
    viewer.show({ x: (x0 + x1 - side) / 2, y: (y0 + y1 - side) / 2, width: side, height: side })
  }

  return { open, map, summary, stale, positions, placeOf, isLasso, job, make, cancel, goTo }
})
