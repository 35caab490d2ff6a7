import OpenSeadragon from 'openseadragon'
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'
import { failureOf, fetchAddress, useNotices } from '../../host/index.ts'
import { PressTracker } from './click.ts'
import { slideTileSource } from './slideTileSource.ts'
import { useViewer } from './store.ts'
import { toSlide, transformThrough } from './viewTransform.ts'

/**
 * Keeps OpenSeadragon from adding a <style> element, which the content security policy refuses. OpenSeadragon adds none
 * if it finds an element of that name; this one has no namespace and so styles nothing.
 */
function declineInlineStyle(): void {
  const found = document.createElementNS(null, 'style')
  found.setAttribute('data-openseadragon-mobile-css', 'true')
  document.head.append(found)
}

/** A property of the viewer that is missing from its types. */
type ViewerInside = OpenSeadragon.Viewer & { readonly innerTracker: OpenSeadragon.MouseTracker }

/** Creates OpenSeadragon in `element`, keeps it on the chosen slide, and reports view and pointer to the store. */
export function useOpenSeadragon(element: Ref<HTMLElement | null>): void {
  const store = useViewer()
  const notices = useNotices()
  const places = new Map<number, OpenSeadragon.Rect>()
  let shownId: number | null = null
  /** Tiles that were asked for again, and slides of which it was said that a part cannot be read. */
  const tried = new WeakSet<OpenSeadragon.Tile>()
  const unread = new Set<number>()

  function create(host: HTMLElement): OpenSeadragon.Viewer {
    declineInlineStyle()
    const wanted = new URLSearchParams(location.search).get('drawer')
    const quietGestures = { clickToZoom: false, dblClickToZoom: false, dblClickDragToZoom: false, flickEnabled: false }
    return new OpenSeadragon.Viewer({
      element: host,
      drawer: wanted === 'canvas' || wanted === 'webgl' ? wanted : ['webgl', 'canvas'],
      showNavigationControl: false,
      animationTime: 0.35,
      springStiffness: 9,
      maxZoomPixelRatio: 8,
      minZoomImageRatio: 0.6,
      visibilityRatio: 0.4,
      smoothTileEdgesMinZoom: Infinity,
      imageLoaderLimit: 8,
      // Fast clicks label nuclei, so no click may zoom.
      gestureSettingsMouse: quietGestures,
      gestureSettingsTouch: quietGestures,
      gestureSettingsPen: quietGestures,
    })
  }

  function reportView(viewer: OpenSeadragon.Viewer): void {
    const image = viewer.world.getItemAt(0)
    const info = store.slide?.info
    if (!image || !info || shownId !== store.slideId) return
    const stagePoint = (x: number, y: number) =>
      viewer.viewport.pixelFromPoint(image.imageToViewportCoordinates(x, y, true), true)
    const size = viewer.viewport.getContainerSize()
    const next = transformThrough(info, stagePoint(0, 0), stagePoint(info.width, 0), stagePoint(0, info.height), {
      width: size.x,
      height: size.y,
    })
    const before = store.transform
    const same = before && (Object.keys(next) as (keyof typeof next)[]).every((key) => before[key] === next[key])
    if (!same) store.transform = next
  }

  function connect(viewer: OpenSeadragon.Viewer): void {
    const press = new PressTracker()
    // Double clicks are not used here, and OpenSeadragon's detection of them fails when pen and mouse click
    // alternately.
    ;(viewer as ViewerInside).innerTracker.dblClickHandler = null
    // OpenSeadragon's own keys (0, f, r, w, a, s, d …) would collide with class keys; ours are in the key table.
    viewer.addHandler('canvas-key', (event) => (event.preventDefaultAction = true))
    viewer.addHandler('canvas-press', ({ position }) => press.press(position.x, position.y))
    viewer.addHandler('canvas-drag', (event) => {
      if (!press.move(event.position.x, event.position.y)) event.preventDefaultAction = true
    })
    viewer.addHandler('canvas-release', ({ position, originalEvent }) => {
      const at = press.release(position.x, position.y)
      if (!at || !store.transform) return
      const { shiftKey, altKey } = originalEvent as PointerEvent
      store.click({ ...toSlide(store.transform, at.x, at.y), shift: shiftKey, alt: altKey })
    })
    viewer.addHandler('open', () => {
      const place = shownId === null ? undefined : places.get(shownId)
      if (place) viewer.viewport.fitBounds(place, true)
      reportView(viewer)
    })
    viewer.addHandler('tile-load-failed', ({ tile }) => void tryAgain(viewer, tile))
    viewer.addHandler('update-viewport', () => reportView(viewer))
    viewer.addHandler('after-resize', () => reportView(viewer))
  }

  /**
   * Asks for a tile that failed once more, because OpenSeadragon would leave it blank for good: the first try may have
   * ended with a drive or a process that is back. Says why it fails, once for each slide.
   */
  async function tryAgain(viewer: OpenSeadragon.Viewer, tile: OpenSeadragon.Tile): Promise<void> {
    const slideId = shownId
    if (slideId === null || tried.has(tile)) return
    tried.add(tile)
    try {
      await fetchAddress(tile.getUrl())
      tile.exists = true
      if (shownId === slideId) viewer.forceRedraw()
    } catch (error) {
      // Without an answer the host itself is away, and the page says that.
      if (!failureOf(error) || shownId !== slideId || unread.has(slideId)) return
      unread.add(slideId)
      notices.sayFailure(error)
    }
  }

  function trackPointer(host: HTMLElement): void {
    host.addEventListener('pointermove', (event) => {
      if (!store.transform || event.buttons !== 0) return
      const box = host.getBoundingClientRect()
      const at = toSlide(store.transform, event.clientX - box.left, event.clientY - box.top)
      store.pointer = { ...at, shift: event.shiftKey, alt: event.altKey }
    })
    host.addEventListener('pointerleave', () => (store.pointer = null))
  }

  function open(viewer: OpenSeadragon.Viewer): void {
    if (shownId !== null && viewer.world.getItemCount() > 0) places.set(shownId, viewer.viewport.getBounds(true))
    const slide = store.slide
    shownId = slide?.id ?? null
    if (slide) viewer.open({ tileSource: slideTileSource(slide.id, slide.info) })
    else viewer.close()
  }

  onMounted(() => {
    if (!element.value) return
    const viewer = create(element.value)
    connect(viewer)
    trackPointer(element.value)
    store.osd = viewer
    watch(
      () => store.slideId,
      () => open(viewer),
      { immediate: true },
    )
  })
  onBeforeUnmount(() => {
    store.osd?.destroy()
    store.osd = null
  })
}
