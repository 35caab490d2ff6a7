import { useElementSize } from '@vueuse/core'
import { computed, onBeforeUnmount, shallowRef, watch, type Ref } from 'vue'
import { useProject } from '../../host/index.ts'
import { useTheme } from '../../window/useTheme.ts'
import { unclassified, useNuclei } from '../nuclei/index.ts'
import { drawMap, pointSize } from './drawMap.ts'
import { moved, nearestPlace, wholeMap, zoomed, type MapView } from './mapView.ts'
import { useEmbedding } from './store.ts'

const reach = 8 // CSS pixels around a point that still hit it
const clickTravel = 4 // CSS pixels below which a press is a click
const keyStep = 40 // CSS pixels

/**
 * Draws the map on `canvas` and handles panning, zooming, hovering and clicking. The hovered nucleus is shared with the
 * slide.
 */
export function useMapCanvas(canvas: Ref<HTMLCanvasElement | null>) {
  const project = useProject()
  const nuclei = useNuclei()
  const embedding = useEmbedding()
  const { theme } = useTheme()
  const { width, height } = useElementSize(canvas)
  const own = shallowRef<MapView | null>(null)
  const whole = computed(() =>
    wholeMap(embedding.map?.places ?? new Float32Array(0), { width: width.value, height: height.value }),
  )
  /** The current view: the whole map until the user moves or zooms it. */
  const view = computed(() => own.value ?? whole.value)
  const colours = computed(() => new Map([unclassified, ...project.classes].map((c) => [c.id, c.color])))
  const colour = (classId: number) =>
    nuclei.hiddenClasses.has(classId) ? null : (colours.value.get(classId) ?? unclassified.color)

  let pending = 0
  function draw(): void {
    pending = 0
    const context = canvas.value?.getContext('2d')
    if (!context || !canvas.value || width.value === 0) return
    const ratio = Math.min(2, window.devicePixelRatio)
    canvas.value.width = Math.round(width.value * ratio)
    canvas.value.height = Math.round(height.value * ratio)
    const { map, positions } = embedding
    if (!map || !nuclei.shown) return
    context.scale(ratio, ratio)
    const { shown, selected, hovered } = nuclei
    const ink = getComputedStyle(canvas.value).color
    const scene = { places: map.places, positions, shown, colour, selected, hovered, ink }
    drawMap(context, scene, view.value, pointSize(positions.length, view.value.scale / whole.value.scale))
  }
  watch(
    [
      view,
      () => embedding.map,
      () => embedding.positions,
      () => nuclei.shown,
      () => nuclei.selected,
      () => nuclei.hovered,
      () => nuclei.hiddenClasses,
      () => project.classes,
      theme,
      width,
      height,
    ],
    () => {
      if (!pending) pending = requestAnimationFrame(draw)
    },
    { immediate: true },
  )
  watch(
    () => embedding.map,
    () => (own.value = null),
  )
  onBeforeUnmount(() => cancelAnimationFrame(pending))

  const at = (event: MouseEvent) => ({ x: event.offsetX, y: event.offsetY })
  function positionAt(event: MouseEvent): number {
    const { map, positions } = embedding
    if (!map || !nuclei.shown) return -1
    const { classId, outside } = nuclei.shown
    const { x, y } = at(event)
    const isShown = (i: number) => positions[i] >= 0 && !outside[positions[i]] && colour(classId[positions[i]]) !== null
    const i = nearestPlace(map.places, view.value, x, y, reach, isShown)
    return i < 0 ? -1 : positions[i]
  }

  let press: { x: number; y: number; panned: boolean } | null = null
  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    canvas.value?.setPointerCapture(event.pointerId)
    press = { ...at(event), panned: false }
  }
  function onPointerMove(event: PointerEvent): void {
    const { x, y } = at(event)
    if (!press) {
      const position = positionAt(event)
      nuclei.hoveredId = position < 0 ? null : (nuclei.nuclei?.id[position] ?? null)
      return
    }
    if (!press.panned && Math.hypot(x - press.x, y - press.y) <= clickTravel) return
    own.value = moved(view.value, x - press.x, y - press.y)
    press = { x, y, panned: true }
  }
  function onPointerUp(event: PointerEvent): void {
    if (press && !press.panned) embedding.goTo(positionAt(event))
    press = null
  }
  const onPointerLeave = () => (nuclei.hoveredId = null)
  function onWheel(event: WheelEvent): void {
    const { x, y } = at(event)
    own.value = zoomed(view.value, whole.value, 2 ** (-event.deltaY / 300), x, y)
  }
  const fit = () => (own.value = null)
  function onKey(event: KeyboardEvent): void {
    const zoom = (factor: number) => zoomed(view.value, whole.value, factor, width.value / 2, height.value / 2)
    const actions: Record<string, () => MapView | null> = {
      ArrowLeft: () => moved(view.value, keyStep, 0),
      ArrowRight: () => moved(view.value, -keyStep, 0),
      ArrowUp: () => moved(view.value, 0, keyStep),
      ArrowDown: () => moved(view.value, 0, -keyStep),
      '+': () => zoom(1.5),
      '=': () => zoom(1.5),
      '-': () => zoom(1 / 1.5),
      Home: () => null,
    }
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key]
    if (!action) return
    event.preventDefault()
    own.value = action()
  }
  return { onPointerDown, onPointerMove, onPointerUp, onPointerLeave, onWheel, onKey, fit }
}
