import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { NearestLabels, Surroundings } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { said } from '../../said.ts'
import { sidePanel } from '../../window/panelState.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'

const surroundings = 14 // nucleus diameters that the slide shows around a nucleus that was gone to

/** An answer of the host: not there yet, why there is none (in words), or the answer. */
export type Asked<T> = { kind: 'asking' } | { kind: 'none'; why: string } | { kind: 'here'; answer: T }

/** Why the selected nucleus has its class: what its surroundings change, and the labelled nuclei most like it. */
export const useWhy = defineStore('why', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()
  const on = ref(false)
  const context = shallowRef<Asked<Surroundings>>({ kind: 'asking' })
  const nearest = shallowRef<Asked<NearestLabels>>({ kind: 'asking' })
  const nucleusId = computed(() => nuclei.selectedIds.at(-1) ?? null)

  let turn = 0
  async function ask<T>(into: typeof context | typeof nearest, question: () => Promise<T>): Promise<void> {
    const mine = turn
    const put = into as { value: Asked<T> }
    put.value = { kind: 'asking' }
    try {
      const answer = await question()
      if (mine === turn) put.value = { kind: 'here', answer }
    } catch (error) {
      if (mine !== turn) return
      const failure = failureOf(error)
      put.value = { kind: 'none', why: failure ? said(failure.message) : '' }
      if (!failure) notices.sayFailure(error)
    }
  }
  // Labels change which nuclei are near, not what the surroundings do.
  const what = () => [on.value, viewer.slideId, nucleusId.value, project.activeModel?.id, viewer.slide?.nucleiVersion]
  watch(
    what,
    () => {
      turn++
      const [slideId, id] = [viewer.slideId, nucleusId.value]
      if (!on.value || slideId === null || id === null) return
      void ask(context, () => host.nuclei.surroundings({ slideId, nucleusId: id }))
      void ask(nearest, () => host.nuclei.nearestLabels({ slideId, nucleusId: id }))
    },
    { immediate: true },
  )

  /** Shows the explanation beside the slide, or hides it. */
  function toggle(): void {
    on.value = !on.value
    if (on.value) sidePanel.value = 'nucleus'
  }

  /** Selects a labelled nucleus and centres the slide on it. It may lie on another slide. */
  function goTo({ slideId, nucleusId: id, box: [x0, y0, x1, y1] }: NearestLabels['nearest'][number]): void {
    const side = surroundings * Math.max(8, x1 - x0, y1 - y0)
    const arrive = () => {
      nuclei.selectedIds = [id]
      viewer.show({ x: (x0 + x1 - side) / 2, y: (y0 + y1 - side) / 2, width: side, height: side })
    }
    if (slideId === viewer.slideId) return arrive()
    viewer.choose(slideId)
    // The other slide can be moved only once it is drawn.
    const stop = watch(
      () => viewer.slideId === slideId && viewer.transform !== null,
      (isDrawn) => {
        if (!isDrawn) return
        stop()
        arrive()
      },
      { flush: 'post' },
    )
  }

  return { on, context, nearest, nucleusId, toggle, goTo }
})
