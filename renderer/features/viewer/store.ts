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

/** Which slide is on the stage and how it is looked at. */
export const useViewer = defineStore('viewer', () => {
  const project = useProject()
  const chosenId = ref<number | null>(null)
  /** The chosen slide, or the first there is. */
  const slide = computed(() => project.slides.find((s) => s.id === chosenId.value) ?? project.slides[0] ?? null)
  const slideId = computed(() => slide.value?.id ?? null)

  const osd = shallowRef<OpenSeadragon.Viewer | null>(null)
  /** Null while no slide is drawn. */
  const transform = shallowRef<ViewTransform | null>(null)
  /** Under the mouse, null when it is elsewhere. */
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

  /** The part of the slide on the stage, cut to the slide; undefined while nothing is shown. */
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
  /** While a tool is at work its clicks are its alone; returns how to give them back. */
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
  /** Moves by a fraction of the stage. */
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
  /** Shows the slide as an objective of this magnification would; without µm/px nobody knows, and nothing happens. */
  function magnify(wanted: number): void {
    const viewport = osd.value?.viewport
    if (!viewport || !micronsPerPixel.value) return
    // The spring may still be on its way: the factor goes from where it is heading.
    const heading = viewport.getZoom(false) / viewport.getZoom(true)
    zoomBy(wanted / (magnification(micronsPerPixel.value) * heading))
  }
  /** Turns the slide clockwise, degrees. */
  function rotateBy(degrees: number): void {
    const viewport = transform.value && osd.value?.viewport
    if (viewport) viewport.setRotation(Math.round((viewport.getRotation(false) + degrees) * 100) / 100)
  }
  const upright = () => osd.value?.viewport?.setRotation(0)
  /** Brings a level-0 point to the middle. */
  function centreOn(x: number, y: number): void {
    const image = osd.value?.world.getItemAt(0)
    if (image) osd.value?.viewport.panTo(image.imageToViewportCoordinates(x, y))
  }
  /** Where a level-0 point is on the stage once the view, which may be under way, has come to rest. */
  function restingPlace(x: number, y: number): { x: number; y: number } | null {
    const image = osd.value?.world.getItemAt(0)
    return image ? (osd.value?.viewport.pixelFromPoint(image.imageToViewportCoordinates(x, y), false) ?? null) : null
  }
  /** The level-0 point in the middle of the stage once the view has come to rest. */
  function middle(): { x: number; y: number } | null {
    const image = osd.value?.world.getItemAt(0)
    return image && osd.value ? image.viewportToImageCoordinates(osd.value.viewport.getCenter(false)) : null
  }
  /** Centres `rect` (level-0 pixels) and fits it in. */
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
