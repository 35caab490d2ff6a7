import type OpenSeadragon from 'openseadragon'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Rect } from '../../../electron/contract/slides/slide.ts'
import { useProject } from '../../host/index.ts'
import { magnification } from './scaleBar.ts'
import { micronsAcross, scaleOf, visibleRect, type ViewTransform } from './viewTransform.ts'

export interface SlidePointer {
  /** Level-0 pixels. */
  x: number
  y: number
  shift: boolean
  alt: boolean
}

/** State of the viewer: which slide is displayed, and the current view of it. */
export const useViewer = defineStore('viewer', () => {
  const project = useProject()
  const chosenId = ref<number | null>(null)
  /** The chosen slide, else the first one. */
  const slide = computed(() => project.slides.find((s) => s.id === chosenId.value) ?? project.slides[0] ?? null)
  const slideId = computed(() => slide.value?.id ?? null)

  const osd = shallowRef<OpenSeadragon.Viewer | null>(null)
  /** null while no slide is drawn. */
  const transform = shallowRef<ViewTransform | null>(null)
  /** The place under the mouse; null when the mouse is elsewhere. */
  const pointer = shallowRef<SlidePointer | null>(null)
  let taker: ((at: SlidePointer) => void) | null = null
  const clickListeners = new Set<(at: SlidePointer) => void>()

  const scale = computed(() => (transform.value ? scaleOf(transform.value) : 0))
  const micronsPerPixel = computed(() => {
    const mpp = slide.value?.info.mpp
    return mpp && transform.value && scale.value > 0 ? micronsAcross(transform.value, mpp) : null
  })

  function choose(id: number): void {
    chosenId.value = id
  }

  /** Returns the visible part of the slide, clipped to the slide, or undefined while nothing is shown. */
  function visible(): Rect | undefined {
    const info = slide.value?.info
    if (!info || !transform.value) return undefined
    const view = visibleRect(transform.value)
    const x = Math.max(0, Math.floor(view.x))
    const y = Math.max(0, Math.floor(view.y))
    const width = Math.min(info.width, Math.ceil(view.x + view.width)) - x
    const height = Math.min(info.height, Math.ceil(view.y + view.height)) - y
    return width > 0 && height > 0 ? { x, y, width, height } : undefined
  }

  function onClick(listener: (at: SlidePointer) => void): () => void {
    clickListeners.add(listener)
    return () => void clickListeners.delete(listener)
  }
  /** Sends all clicks to `listener` alone while a tool is active. Returns a function that ends this. */
  function takeClicks(listener: (at: SlidePointer) => void): () => void {
    taker = listener
    return () => {
      if (taker === listener) taker = null
    }
  }
  const click = (at: SlidePointer) => (taker ? taker(at) : clickListeners.forEach((listener) => listener(at)))

  function zoomBy(factor: number): void {
    osd.value?.viewport?.zoomBy(factor)
    osd.value?.viewport?.applyConstraints()
  }
  /** Moves the view by a fraction of the stage. */
  function panBy(dx: number, dy: number): void {
    const viewport = osd.value?.viewport
    if (!viewport) return
    const bounds = viewport.getBounds()
    const centre = viewport.getCenter()
    centre.x += dx * bounds.width
    centre.y += dy * bounds.height
    viewport.panTo(centre)
    viewport.applyConstraints()
  }
  const home = () => osd.value?.viewport?.goHome()
  /**
   * Shows the slide at the magnification of an objective. Does nothing without µm/px, because the scale is then
   * unknown.
   */
  function magnify(wanted: number): void {
    const viewport = osd.value?.viewport
    if (!viewport || !micronsPerPixel.value) return
    // The zoom may still be animating, so the factor is relative to its target.
    const heading = viewport.getZoom(false) / viewport.getZoom(true)
    zoomBy(wanted / (magnification(micronsPerPixel.value) * heading))
  }
  /** Rotates the slide clockwise by some degrees. */
  function rotateBy(degrees: number): void {
    const viewport = transform.value && osd.value?.viewport
    if (viewport) viewport.setRotation(Math.round((viewport.getRotation(false) + degrees) * 100) / 100)
  }
  const upright = () => osd.value?.viewport?.setRotation(0)
  /** Centres the view on a level-0 point. */
  function centreOn(x: number, y: number): void {
    const image = osd.value?.world.getItemAt(0)
    if (image) osd.value?.viewport.panTo(image.imageToViewportCoordinates(x, y))
  }
  /** Returns where on the stage a level-0 point will be once the view has stopped moving. */
  function restingPlace(x: number, y: number): { x: number; y: number } | null {
    const image = osd.value?.world.getItemAt(0)
    return image ? (osd.value?.viewport.pixelFromPoint(image.imageToViewportCoordinates(x, y), false) ?? null) : null
  }
  /** Returns the level-0 point in the middle of the stage once the view has stopped moving. */
  function middle(): { x: number; y: number } | null {
    const image = osd.value?.world.getItemAt(0)
    return image && osd.value ? image.viewportToImageCoordinates(osd.value.viewport.getCenter(false)) : null
  }
  /** Centres `rect` (level-0 pixels) and fits it into the stage. */
  function show(rect: Rect): void {
    const image = osd.value?.world.getItemAt(0)
    if (image) osd.value?.viewport.fitBounds(image.imageToViewportRectangle(rect.x, rect.y, rect.width, rect.height))
  }

  watch(slideId, () => {
    transform.value = null
    pointer.value = null
  })

  return {
    slide,
    slideId,
    osd,
    transform,
    pointer,
    scale,
    micronsPerPixel,
    choose,
    visible,
    onClick,
    takeClicks,
    click,
    zoomBy,
    panBy,
    home,
    magnify,
    rotateBy,
    upright,
    centreOn,
    restingPlace,
    middle,
    show,
  }
})
