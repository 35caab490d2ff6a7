import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import type { PredictedClasses, ShownClasses } from '../../../electron/contract/nuclei/displayed.ts'
import { fetchBytes, useNotices, useProject } from '../../host/index.ts'
import { useViewer } from '../viewer/index.ts'
import { answerClasses } from './classes/answers.ts'
import { colouringNow, colouringOf, needsPredicted, type ColourBy } from './classes/colouring.ts'
import { fetchNuclei, fetchPredicted, fetchShown, nothingShown, type FetchedNuclei } from './fetchColumns.ts'
import { countByClass } from './classes/counts.ts'
import { notIn, positionsOf, withEdits, withVeils, type Edit, type Veil } from './edits.ts'
import { buildGrid } from './overlay/grid.ts'
import { OutlineBlocks } from './overlay/outlineBlocks.ts'
import type { Drawn } from './overlay/overlay.ts'
import { paletteBytes, slotOf, type ShownClass } from './classes/palette.ts'
import { pick } from './pick.ts'
import { toward } from './nearestInDirection.ts'

const pickTolerance = 6 // CSS pixels

/** The nuclei of the slide on the stage: columns, shown classes, selection and what is visible of them. */
export const useNuclei = defineStore('nuclei', () => {
  const project = useProject()
  const viewer = useViewer()
  const notices = useNotices()

  const fetched = shallowRef<FetchedNuclei | null>(null)
  /** Columns of all nuclei of the slide, without outlines: those come by view (`outlines`) or one by one (`outline`). */
  const nuclei = computed(() => fetched.value?.columns ?? null)
  /** Blocks of nuclei that are here of those that are on their way; null while nothing is. */
  const arriving = shallowRef<{ readonly done: number; readonly of: number } | null>(null)
  const outlinesArrived = ref(0)
  const fromHost = shallowRef<ShownClasses | null>(null)
  /** By slide: what is not saved yet is still shown when its slide comes back to the stage. */
  const editsBySlide = shallowRef<ReadonlyMap<number, readonly Edit[]>>(new Map())
  /** Nuclei of which nothing on the page may tell what people said, by id: each is shown as the model says. */
  const veils = shallowRef<ReadonlyMap<number, Veil>>(new Map())
  const overlayVisible = ref(true)
  const predicted = shallowRef<PredictedClasses | null>(null)
  const colourBy = ref<ColourBy>('class')
  /** Of classes that are not drawn fully, 0 … 1 by class id. */
  const opacities = shallowRef<ReadonlyMap<number, number>>(new Map())
  const hiddenClasses = shallowRef<ReadonlySet<number>>(new Set())
  const selectedIds = shallowRef<readonly number[]>([])
  const hoveredId = ref<number | null>(null)
  /** What the overlay last drew. */
  const drawn = shallowRef<Drawn | null>(null)
  const outlines = new OutlineBlocks({
    fetch: (block, signal) => fetchBytes(binaryRoutes.chunkOutlines(viewer.slideId ?? -1, block), signal),
    changed: () => outlinesArrived.value++,
    failed: (error) => notices.sayFailure(error),
  })

  const grid = computed(() => nuclei.value && buildGrid(nuclei.value))
  const edits = computed(() => editsBySlide.value.get(viewer.slideId ?? -1) ?? [])
  const base = computed(() => {
    if (!nuclei.value) return null
    return fromHost.value?.count === nuclei.value.count ? fromHost.value : nothingShown(nuclei.value.count)
  })
  const shown = computed(() => {
    if (!nuclei.value || !base.value) return null
    return withEdits(withVeils(base.value, veils.value, nuclei.value.id), edits.value, nuclei.value.id)
  })
  // Of all labels, veiled or not: a count that moves by one would lift the veil.
  const counts = computed(() =>
    nuclei.value && base.value
      ? countByClass(withEdits(base.value, edits.value, nuclei.value.id))
      : new Map<never, never>(),
  )
  /** Nuclei of the slide that lie where the tissue was taken out. */
  const outside = computed(() => shown.value?.outside.reduce((sum, one) => sum + one, 0) ?? 0)
  /** Nuclei of the slide that count. */
  const counting = computed(() => (nuclei.value?.count ?? 0) - outside.value)
  /** The project's classes, and the answers that are none. */
  const classes = computed<readonly ShownClass[]>(() => [...project.classes, ...answerClasses])
  const slots = computed(() => slotOf(classes.value))
  const said = computed(() => (predicted.value?.count === shown.value?.count ? predicted.value : null))
  /** What the colours mean now: until what the chosen ones need is here, the old ones stay. */
  const drawnBy = ref<ColourBy>('class')
  watch(
    () => colouringNow(colourBy.value, drawnBy.value, said.value),
    (by) => (drawnBy.value = by),
    { flush: 'sync' },
  )
  const colouring = computed(() => shown.value && colouringOf(drawnBy.value, classes.value, shown.value, said.value))
  const palette = computed(() =>
    paletteBytes(colouring.value?.colours ?? [], classes.value, (id) =>
      hiddenClasses.value.has(id) ? 0 : (opacities.value.get(id) ?? 1),
    ),
  )
  const selected = computed(() => (nuclei.value ? positionsOf(selectedIds.value, nuclei.value.id) : []))
  /** What was last found under the mouse: its id need not be looked for among a million. */
  let lastFound = -1
  const hovered = computed(() => {
    const ids = nuclei.value?.id
    if (!ids || hoveredId.value === null) return -1
    return ids[lastFound] === hoveredId.value ? lastFound : ids.indexOf(hoveredId.value)
  })

  /** The position of the nucleus at a level-0 point, −1 where there is none; hidden classes are not hit. */
  function at(x: number, y: number): number {
    if (!nuclei.value || !grid.value || !shown.value || !overlayVisible.value) return -1
    const { classId } = shown.value
    // In the density picture no nucleus is seen to be aimed at: six pixels there are hundreds of nuclei.
    const isAimed = viewer.scale > 0 && drawn.value?.level !== 'density'
    const tolerance = isAimed ? pickTolerance / viewer.scale : 0
    return (lastFound = pick(
      nuclei.value,
      grid.value,
      outlines.at,
      x,
      y,
      tolerance,
      (i) => !hiddenClasses.value.has(classId[i]),
    ))
  }

  /** The nucleus to which a step from a level-0 point in a direction leads, −1 where there is none that is shown. */
  function towardNext(from: { x: number; y: number }, direction: readonly [number, number]): number {
    if (!nuclei.value || !grid.value || !shown.value) return -1
    const { classId } = shown.value
    return toward(nuclei.value, grid.value, from, direction, (i) => !hiddenClasses.value.has(classId[i]))
  }

  /** Outline of the nucleus at a position, flat x, y in level-0 pixels; null where it is gone. Rejects where the host is. */
  async function outline(position: number): Promise<Float64Array | null> {
    const origin = nuclei.value?.origin
    const found = await outlines.load(position)
    if (!found || !origin) return null
    const { xy, from, to, dx, dy } = found
    return Float64Array.from(xy.subarray(2 * from, 2 * to), (v, k) => v + (k & 1 ? dy + origin[1] : dx + origin[0]))
  }

  function toggleClass(id: number): void {
    const next = new Set(hiddenClasses.value)
    if (!next.delete(id)) next.add(id)
    hiddenClasses.value = next
  }

  function setOpacity(classId: number, opacity: number): void {
    opacities.value = new Map(opacities.value).set(classId, opacity)
  }

  function changeEdits(slideId: number, change: (edits: readonly Edit[]) => readonly Edit[]): void {
    editsBySlide.value = new Map(editsBySlide.value).set(slideId, change(editsBySlide.value.get(slideId) ?? []))
  }

  /** Shows a label at once; returns what to call when the host has answered. */
  function showEdit(slideId: number, ids: readonly number[], classId: number | null): (saved: boolean) => void {
    const edit: Edit = { ids, classId }
    changeEdits(slideId, (edits) => [...edits, edit])
    return (saved) =>
      changeEdits(slideId, (edits) =>
        saved
          ? edits.map((e) => (e === edit ? { ...edit, settled: performance.now() } : e))
          : edits.filter((e) => e !== edit),
      )
  }

  let loading: AbortController | null = null
  let loaded = { slide: -1, nuclei: -1, shown: -1, predicted: false }

  /** Fetches what is newer on the host, one fetch at a time, until nothing is. */
  async function load(): Promise<void> {
    if (loading) return
    const controller = (loading = new AbortController())
    const onBlock = (done: number, of: number) => {
      if (!controller.signal.aborted) arriving.value = { done, of }
    }
    try {
      for (;;) {
        const slide = viewer.slide
        if (!slide || controller.signal.aborted) return
        const wanted = {
          slide: slide.id,
          nuclei: slide.nucleiVersion,
          shown: slide.shownVersion,
          predicted: needsPredicted(colourBy.value),
        }
        const sameNuclei = loaded.slide === wanted.slide && loaded.nuclei === wanted.nuclei
        const sameShown = sameNuclei && loaded.shown === wanted.shown
        if (sameShown && (loaded.predicted || !wanted.predicted)) return
        const asked = performance.now()
        const next =
          sameNuclei && fetched.value
            ? fetched.value
            : await fetchNuclei(slide.id, wanted.nuclei, fetched.value, onBlock, controller.signal)
        const classes =
          sameShown && fromHost.value ? fromHost.value : await fetchShown(slide.id, wanted.shown, controller.signal)
        const said = wanted.predicted ? await fetchPredicted(slide.id, wanted.shown, controller.signal) : null
        if (controller.signal.aborted) return
        loaded = wanted
        if (next !== fetched.value) outlines.of(next)
        fetched.value = next
        fromHost.value = classes
        predicted.value = said
        changeEdits(slide.id, (edits) => notIn(edits, asked))
      }
    } catch (error) {
      if (!controller.signal.aborted) notices.sayFailure(error)
    } finally {
      if (loading === controller) {
        loading = null
        arriving.value = null
      }
    }
  }

  watch(
    () => viewer.slideId,
    () => {
      loading?.abort()
      loading = null
      loaded = { slide: -1, nuclei: -1, shown: -1, predicted: false }
      fetched.value = fromHost.value = predicted.value = drawn.value = arriving.value = null
      outlines.of(null)
      selectedIds.value = []
      hoveredId.value = null
    },
    { flush: 'sync' },
  )
  watch(
    () => [viewer.slideId, viewer.slide?.nucleiVersion, viewer.slide?.shownVersion, colourBy.value],
    () => void load(),
    { immediate: true },
  )

  return {
    nuclei,
    arriving,
    outlines: markRaw(outlines),
    outlinesArrived,
    outline,
    grid,
    shown,
    counts,
    outside,
    counting,
    classes,
    slots,
    palette,
    selected,
    selectedIds,
    hovered,
    hoveredId,
    veils,
    overlayVisible,
    colourBy,
    colouring,
    opacities,
    setOpacity,
    hiddenClasses,
    drawn,
    at,
    toward: towardNext,
    toggleClass,
    showEdit,
  }
})
