import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import { decodeTissue, type TissueOutlines } from '../../../electron/contract/slides/tissue.ts'
import { fetchBytes, useNotices, useProject } from '../../host/index.ts'
import { useViewer } from '../viewer/index.ts'

/** State of the tissue of the displayed slide: its outlines, and whether they are shown. */
export const useTissue = defineStore('tissue', () => {
  const project = useProject()
  const viewer = useViewer()
  const notices = useNotices()
  const isShown = ref(false)
  const outlines = shallowRef<TissueOutlines | null>(null)
  /** The areas that people added or excluded, as JSON. When they change, the tissue changes. */
  const areas = computed(() =>
    JSON.stringify((project.state?.regions ?? []).filter((r) => r.slideId === viewer.slideId && r.kind !== 'interest')),
  )
  watch(
    [() => viewer.slideId, areas],
    async ([slideId, asked], before) => {
      if (slideId !== before?.[0]) outlines.value = null
      if (slideId === null) return
      const bytes = await notices.attempt(() => fetchBytes(binaryRoutes.tissue(slideId)))
      if (bytes && slideId === viewer.slideId && asked === areas.value) outlines.value = decodeTissue(bytes)
    },
    { immediate: true },
  )
  const toggle = () => (isShown.value = !isShown.value)
  return { isShown, outlines, toggle }
})
