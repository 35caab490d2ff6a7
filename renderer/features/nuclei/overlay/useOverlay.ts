import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'
import { useViewer } from '../../viewer/index.ts'
import { Overlay } from './overlay.ts'
import { useNuclei } from '../store.ts'

/** Keeps the overlay on `canvas` in step with the viewer and the nuclei, with at most one draw per animation frame. */
export function useOverlay(canvas: Ref<HTMLCanvasElement | null>, onUnsupported: () => void): void {
  const nuclei = useNuclei()
  const viewer = useViewer()
  let overlay: Overlay | null = null
  let pending = 0

  function draw(): void {
    pending = 0
    if (!overlay || !viewer.transform) return
    const ratio = Math.min(window.devicePixelRatio, 2)
    const next = overlay.draw(viewer.transform, ratio, nuclei.overlayVisible, nuclei.hovered)
    const before = nuclei.drawn
    const same = (['level', 'inView', 'waiting', 'fullDensity'] as const).every((key) => next?.[key] === before?.[key])
    if (!same) nuclei.drawn = next
  }
  const request = () => {
    if (!pending) pending = requestAnimationFrame(draw)
  }

  onMounted(() => {
    if (!canvas.value) return
    try {
      overlay = new Overlay(canvas.value, request)
    } catch (error) {
      console.error(error)
      return onUnsupported()
    }
    // The viewer reports its transform right after drawing. Drawing in the same frame keeps the outlines on the tissue.
    watch(() => viewer.transform, draw, { flush: 'sync' })
    watch([() => nuclei.overlayVisible, () => nuclei.hovered, () => nuclei.outlinesArrived], request)
    watch(
      [() => nuclei.nuclei, () => nuclei.shown, () => nuclei.colouring, () => nuclei.palette, () => nuclei.selected],
      () => {
        const { nuclei: columns, grid, displayed, slots, colouring, palette, selected, outlines } = nuclei
        overlay?.setScene(
          columns && grid && displayed && colouring
            ? {
                nuclei: columns,
                grid,
                outlines,
                shown: displayed.shown,
                changes: displayed.changes,
                slots,
                colouring,
                palette,
                selected,
              }
            : null,
        )
        request()
      },
      { immediate: true },
    )
  })
  onBeforeUnmount(() => {
    cancelAnimationFrame(pending)
    overlay?.dispose()
  })
}
