import { useElementSize } from '@vueuse/core'
import { computed, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { theme } from '../../theme.ts'
import { modeOf, selectionAfterStroke, type SelectionMode } from '../labelling/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { drawLasso, drawNuclei, drawRing, pointSize } from './drawMap.ts'
import { moved, nearestPlace, placesInPath, placesNear, wholeMap, zoomed, type MapView } from './mapView.ts'
import { useEmbedding } from './store.ts'

const reach = 8 // CSS pixels around a point that still hit it
const clickTravel = 4 // CSS pixels below which a press is a click
const keyStep = 40 // CSS pixels
const ringRadius = 36 // CSS pixels: the ring in the middle in which Enter selects

/**
 * Draws the map on `canvas` and handles panning, zooming, hovering, clicking, the lasso and the keys. The hovered nucleus
 * and the selection are shared with the slide.
 */
export function useMapCanvas(canvas: Ref<HTMLCanvasElement | null>) {
  const nuclei = useNuclei()
  const embedding = useEmbedding()
  const { width, height } = useElementSize(canvas)
  const own = shallowRef<MapView | null>(null)
  const whole = computed(() =>
    wholeMap(embedding.map?.places ?? new Float32Array(0), { width: width.value, height: height.value }),
  )
  /** The current view: the whole map until the user moves or zooms it. */
  const view = computed(() => own.value ?? whole.value)
  /** The path of the lasso while it is drawn, x, y, … in CSS pixels. */
  const path = shallowRef<readonly number[]>([])
  /** Whether the keyboard is on the map: then the ring in the middle is drawn. */
  const hasKeyboard = ref(false)

  /** The nuclei as drawn; hovering draws only a ring above them. */
  let layer: ImageData | null = null
  let pending = 0
  function drawLayer(pixelWidth: number, pixelHeight: number, ratio: number, ink: string): ImageData {
    const image = new ImageData(pixelWidth, pixelHeight)
    const { map, positions } = embedding
    if (!map || !nuclei.shown || !nuclei.colouring) return image
    const { shown, selected, isVisible } = nuclei
    const { colours, rows } = nuclei.colouring
    const { scale, left, top } = view.value
    const device = { scale: scale * ratio, left: left * ratio, top: top * ratio }
    const size = pointSize(positions.length, scale / whole.value.scale) * ratio
    const scene = { places: map.places, positions, shown, colours, rows, isVisible, selected, ink }
    drawNuclei(new Uint32Array(image.data.buffer), pixelWidth, pixelHeight, scene, device, size)
    return image
  }
  function draw(): void {
    pending = 0
    const context = canvas.value?.getContext('2d')
    if (!context || !canvas.value || width.value === 0) return
    const ratio = Math.min(2, window.devicePixelRatio)
    const [w, h] = [Math.round(width.value * ratio), Math.round(height.value * ratio)]
    if (canvas.value.width !== w || canvas.value.height !== h) [canvas.value.width, canvas.value.height] = [w, h]
    const ink = getComputedStyle(canvas.value).getPropertyValue('--ink').trim()
    layer ??= drawLayer(w, h, ratio, ink)
    context.putImageData(layer, 0, 0)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const hovered = nuclei.hovered < 0 ? -1 : embedding.placeOf(nuclei.hovered)
    const { map } = embedding
    const { scale, left, top } = view.value
    if (map && hovered >= 0)
      drawRing(context, scale * map.places[2 * hovered] + left, scale * map.places[2 * hovered + 1] + top, 6, ink)
    if (map && hasKeyboard.value) drawRing(context, width.value / 2, height.value / 2, ringRadius, ink)
    drawLasso(context, path.value, ink)
  }
  const request = () => {
    if (!pending) pending = requestAnimationFrame(draw)
  }
  watch(
    [
      view,
      () => embedding.map,
      () => embedding.positions,
      () => nuclei.shown,
      () => nuclei.colouring,
      () => nuclei.selected,
      () => nuclei.hiddenClasses,
      () => nuclei.hidesUnsure,
      theme,
      width,
      height,
    ],
    () => {
      layer = null
      request()
    },
    { immediate: true },
  )
  watch([() => nuclei.hovered, path, hasKeyboard], request)
  watch(
    () => embedding.map,
    () => (own.value = null),
  )
  onBeforeUnmount(() => cancelAnimationFrame(pending))

  const at = (event: MouseEvent) => ({ x: event.offsetX, y: event.offsetY })
  function isShown(i: number): boolean {
    const position = embedding.positions[i]
    return position >= 0 && !nuclei.shown?.outside[position] && nuclei.isVisible(position)
  }
  function positionAt(event: MouseEvent): number {
    const { map, positions } = embedding
    if (!map || !nuclei.shown) return -1
    const { x, y } = at(event)
    const i = nearestPlace(map.places, view.value, x, y, reach, isShown)
    return i < 0 ? -1 : positions[i]
  }
  /** Selects nuclei by their numbers on the map, adds them or takes them out. */
  function select(places: readonly number[], mode: SelectionMode): void {
    const ids = places.map((i) => embedding.map?.id[i] ?? -1)
    nuclei.selectedIds = selectionAfterStroke(nuclei.selectedIds, ids, mode)
  }
  const modeOfEvent = (event: MouseEvent | KeyboardEvent) => modeOf({ shift: event.shiftKey, alt: event.altKey })

  let press: { x: number; y: number; moved: boolean } | null = null
  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    canvas.value?.setPointerCapture(event.pointerId)
    press = { ...at(event), moved: false }
    if (embedding.isLasso) path.value = [press.x, press.y]
  }
  function onPointerMove(event: PointerEvent): void {
    const { x, y } = at(event)
    if (!press) {
      const position = positionAt(event)
      nuclei.hoveredId = position < 0 ? null : (nuclei.nuclei?.id[position] ?? null)
      return
    }
    if (!press.moved && Math.hypot(x - press.x, y - press.y) <= clickTravel) return
    if (embedding.isLasso) {
      path.value = [...path.value, x, y]
      press.moved = true
      return
    }
    own.value = moved(view.value, x - press.x, y - press.y)
    press = { x, y, moved: true }
  }
  function onPointerUp(event: PointerEvent): void {
    if (press && !press.moved) embedding.goTo(positionAt(event))
    else if (press && embedding.isLasso && embedding.map)
      select(placesInPath(embedding.map.places, view.value, path.value, isShown), modeOfEvent(event))
    press = null
    path.value = []
  }
  const onPointerLeave = () => (nuclei.hoveredId = null)
  function onWheel(event: WheelEvent): void {
    const { x, y } = at(event)
    own.value = zoomed(view.value, whole.value, 2 ** (-event.deltaY / 300), x, y)
  }
  const fit = () => (own.value = null)
  const onFocus = () => (hasKeyboard.value = canvas.value?.matches(':focus-visible') ?? false)
  const onBlur = () => (hasKeyboard.value = false)
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return
    const zoom = (factor: number) => zoomed(view.value, whole.value, factor, width.value / 2, height.value / 2)
    const actions: Record<string, () => void> = {
      ArrowLeft: () => (own.value = moved(view.value, keyStep, 0)),
      ArrowRight: () => (own.value = moved(view.value, -keyStep, 0)),
      ArrowUp: () => (own.value = moved(view.value, 0, keyStep)),
      ArrowDown: () => (own.value = moved(view.value, 0, -keyStep)),
      '+': () => (own.value = zoom(1.5)),
      '=': () => (own.value = zoom(1.5)),
      '-': () => (own.value = zoom(1 / 1.5)),
      Home: fit,
    }
    const withModifiers: Record<string, () => void> = {
      // The lasso's key, while the keyboard is on the map, is the map's lasso.
      L: () => (embedding.isLasso = !embedding.isLasso),
      Enter() {
        if (!embedding.map) return
        const [x, y] = [width.value / 2, height.value / 2]
        select(placesNear(embedding.map.places, view.value, x, y, ringRadius, isShown), modeOfEvent(event))
      },
    }
    const action = withModifiers[event.key] ?? (event.altKey || event.shiftKey ? undefined : actions[event.key])
    if (!action) return
    event.preventDefault()
    hasKeyboard.value = true
    action()
  }
  return { onPointerDown, onPointerMove, onPointerUp, onPointerLeave, onWheel, onKey, onFocus, onBlur, fit }
}
