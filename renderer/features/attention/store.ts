import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { decodeAttention, type Attention } from '../../../electron/contract/slides/attention.ts'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import { fetchBytes, useNotices, useProject } from '../../host/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'
import { attentionMap, type AttentionHead, type AttentionQuery } from '../../../models/nucleusVit/attentionMap.ts'

/** The attention of the selected nucleus, or of [CLS] of its crop. */
export const useAttention = defineStore('attention', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  const on = ref(false)
  const query = ref<AttentionQuery>('nucleus')
  const head = ref<AttentionHead>('mean')
  const loaded = shallowRef<Attention | null>(null)
  const loading = ref(false)

  const nucleusId = computed(() => nuclei.selectedIds.at(-1) ?? null)
  const heads = computed(() => loaded.value?.heads ?? 0)
  /** The crop and its attention map; null while nothing is to be shown. */
  const shown = computed(() => {
    if (!on.value || !loaded.value) return null
    const { crop, grid } = loaded.value
    return { crop, grid, map: attentionMap(loaded.value, query.value, head.value) }
  })

  let asked: AbortController | null = null
  watch(
    [on, () => viewer.slideId, nucleusId, () => project.activeModel?.id, () => viewer.slide?.nucleiVersion],
    async ([isOn, slideId, id]) => {
      asked?.abort()
      loaded.value = null
      loading.value = false
      if (!isOn || slideId === null || id === null) return
      const controller = (asked = new AbortController())
      loading.value = true
      try {
        const attention = decodeAttention(await fetchBytes(binaryRoutes.attention(slideId, id), controller.signal))
        if (controller.signal.aborted) return
        if (typeof head.value === 'number' && head.value >= attention.heads) head.value = 'mean'
        loaded.value = attention
      } catch (error) {
        if (!controller.signal.aborted) notices.sayFailure(error)
      } finally {
        if (asked === controller) loading.value = false
      }
    },
    { immediate: true },
  )
  const toggle = () => (on.value = !on.value)

  return { on, query, head, heads, loading, nucleusId, shown, toggle }
})
