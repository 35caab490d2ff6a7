import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import { decodeTissue, type TissueOutlines } from '../../../electron/contract/slides/tissue.ts'
import { fetchBytes, useNotices, useProject } from '../../host/index.ts'
import { useViewer } from '../viewer/index.ts'

/** The tissue of the slide on the stage, and whether it is shown there. */
export const useTissue = defineStore('tissue', () => {
  const project = useProject()
  const viewer = useViewer()
  const notices = useNotices()
  const isShown = ref(false)
  const outlines = shallowRef<TissueOutlines | null>(null)
  /** Areas that people added or took out: with another one of them the tissue is another. */
  const areas = computed(() =>
    JSON.stringify((project.state?.regions ?? []).filter((r) => r.slideId === viewer.slideId && r.kind !== 'interest')),
  )
  watch(
    () => [viewer.slideId, areas.value] as const,
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
