import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { binaryRoutes } from '../../../electron/contract/api/binaryRoutes.ts'
import {
  isSameShown,
  type PredictedClasses,
  type ShownClasses,
  type ShownUpdate,
} from '../../../electron/contract/nuclei/displayed.ts'
import { failureOf, fetchBytes, useNotices, useProject } from '../../host/index.ts'
import { useViewer } from '../viewer/index.ts'
import { answerClasses } from './classes/answers.ts'
import { decodeMeasured } from '../../../electron/contract/nuclei/measured.ts'
import {
  colouringNow,
  colouringOf,
  isMeasure,
  needsPredicted,
  type ColourBy,
  type Measured,
} from './classes/colouring.ts'
import { DisplayedColumns } from './displayedColumns.ts'
import { notIn, type Edit, type Veil } from './edits.ts'
import { fetchNuclei, fetchPredicted, fetchShown, type FetchedNuclei } from './fetchColumns.ts'
import { buildGrid } from './overlay/grid.ts'
import { OutlineBlocks } from './overlay/outlineBlocks.ts'
import type { Drawn } from './overlay/overlay.ts'
import { paletteBytes, slotOf, type ShownClass } from './classes/palette.ts'
import { pick } from './pick.ts'
import { Places } from './places.ts'
import { nearestInDirection } from './nearestInDirection.ts'

const pickTolerance = 6 // CSS pixels
const mostReplaced = 50 // changes that can be shown as undone before the host answers
const retryAfter = 300 // ms until nuclei that were replaced while they were fetched are fetched again

/** State of the nuclei on the displayed slide: columns, shown classes, selection and which classes are visible. */
export const useNuclei = defineStore('nuclei', () => {
  const project = useProject()
  const viewer = useViewer()
  const notices = useNotices()

  const fetched = shallowRef<FetchedNuclei | null>(null)
  /**
   * Columns of all nuclei of the slide, without outlines. Outlines are fetched by view (`outlines`) or one at a time
   * (`outline`).
   */
  const nuclei = computed(() => fetched.value?.columns ?? null)
  /** Number of blocks received and the total to fetch; null when nothing is being fetched. */
  const arriving = shallowRef<{ readonly done: number; readonly of: number } | null>(null)
  const outlinesArrived = ref(0)
  const displayed = shallowRef<DisplayedColumns | null>(null)
  /** Increases with every change to `displayed`, because its columns are changed in place. */
  const revision = ref(0)
  /** Unsaved edits by slide id, so that they are shown again when the user returns to the slide. */
  const editsBySlide = shallowRef<ReadonlyMap<number, readonly Edit[]>>(new Map())
  /** Veils by nucleus id. For these nuclei the page shows the model's prediction and never reveals a person's label. */
  const veils = shallowRef<ReadonlyMap<number, Veil>>(new Map())
  const overlayVisible = ref(true)
  const predicted = shallowRef<PredictedClasses | null>(null)
  const colourBy = ref<ColourBy>('class')
  /** Opacity by class id, 0 … 1. Classes that are not listed are fully opaque. */
  const opacities = shallowRef<ReadonlyMap<number, number>>(new Map())
  const hiddenClasses = shallowRef<ReadonlySet<number>>(new Set())
  /** Whether nuclei are hidden whose class the model is unsure of and nobody has labelled. */
  const hidesUnsure = ref(false)
  const selectedIds = shallowRef<readonly number[]>([])
  const hoveredId = ref<number | null>(null)
  /** Summary of the overlay's last frame. */
  const drawn = shallowRef<Drawn | null>(null)
  const outlines = new OutlineBlocks({
    fetch: (block, signal) => fetchBytes(binaryRoutes.chunkOutlines(viewer.slideId ?? -1, block), signal),
    changed: () => outlinesArrived.value++,
    failed: (error) => notices.sayFailure(error),
  })

  const grid = computed(() => nuclei.value && buildGrid(nuclei.value))
  const edits = computed(() => editsBySlide.value.get(viewer.slideId ?? -1) ?? [])
  const places = computed(() => nuclei.value && new Places(nuclei.value.id))
  watch(
    [displayed, edits, veils],
    () => {
      displayed.value?.setVeils(veils.value)
      displayed.value?.setEdits(edits.value)
      revision.value++
    },
    { flush: 'sync' },
  )
  /** What is shown for each nucleus. Every change gives a new object over the same columns. */
  const shown = computed(() => (revision.value >= 0 && displayed.value ? { ...displayed.value.shown } : null))
  const counts = computed(() =>
    revision.value >= 0 && displayed.value ? displayed.value.counts : new Map<never, never>(),
  )
  /** Number of nuclei whose class the model is unsure of and nobody has labelled. */
  const unsure = computed(() => [...counts.value.values()].reduce((sum, { uncertain }) => sum + uncertain, 0))
  /** Number of nuclei outside the tissue. */
  const outside = computed(() => (revision.value >= 0 && displayed.value ? displayed.value.outside : 0))
  /** Number of nuclei inside the tissue; only these are counted. */
  const counting = computed(() => (nuclei.value?.count ?? 0) - outside.value)
  /** The project's classes, followed by the answers that are not classes ("not sure", "bad outline"). */
  const classes = computed<readonly ShownClass[]>(() => [...project.classes, ...answerClasses])
  const slots = computed(() => slotOf(classes.value))
  /** Measurements of the outlines. They are fetched when nuclei are first coloured by one. */
  const measured = shallowRef<Measured | null>(null)
  watch(
    [() => viewer.slideId, () => viewer.slide?.nucleiVersion, () => isMeasure(colourBy.value), nuclei],
    async ([slideId, version, isWanted, columns], before) => {
      if (slideId !== before?.[0] || version !== before[1]) measured.value = null
      if (slideId === null || version === undefined || !isWanted || !columns || measured.value) return
      const unit = viewer.slide?.info.mpp ? 'µm²' : 'px²'
      const found = await notices.attempt(async () =>
        decodeMeasured(await fetchBytes(binaryRoutes.measured(slideId, version))),
      )
      const isCurrent = viewer.slideId === slideId && viewer.slide?.nucleiVersion === version
      if (found && isCurrent && found.area.length === columns.count) measured.value = { ...found, unit }
    },
    { immediate: true },
  )
  const said = computed(() => (predicted.value?.count === displayed.value?.shown.count ? predicted.value : null))
  /** The colouring in use. It stays the previous one until the data that the chosen colouring needs has arrived. */
  const drawnBy = ref<ColourBy>('class')
  watch(
    () => colouringNow(colourBy.value, drawnBy.value, said.value, measured.value),
    (by) => (drawnBy.value = by),
    { flush: 'sync' },
  )
  const colouring = computed(() => {
    if (!displayed.value) return null
    const { shown, changes } = displayed.value
    return colouringOf(drawnBy.value, classes.value, shown, said.value, changes, measured.value)
  })
  const palette = computed(() =>
    paletteBytes(
      colouring.value?.colours ?? [],
      classes.value,
      (id) => (hiddenClasses.value.has(id) ? 0 : (opacities.value.get(id) ?? 1)),
      hidesUnsure.value,
    ),
  )
  const selected = computed(() => [...(places.value?.of(selectedIds.value) ?? [])])
  const hovered = computed(() => (hoveredId.value === null ? -1 : (places.value?.at(hoveredId.value) ?? -1)))

  /** Whether the model is unsure of the class shown, which no person gave. */
  const isUnsure = (i: number) => shown.value?.uncertain[i] === 1 && shown.value.labelled[i] === 0
  /** Whether the nucleus at a position is drawn, as far as its class and the model's certainty decide. */
  const isVisible = (i: number) =>
    shown.value !== null && !hiddenClasses.value.has(shown.value.classId[i]) && !(hidesUnsure.value && isUnsure(i))

  /** Returns the position of the nucleus at a level-0 point, or −1 if there is none. Hidden classes are ignored. */
  function at(x: number, y: number): number {
    if (!nuclei.value || !grid.value || !shown.value || !overlayVisible.value) return -1
    // No tolerance in the density picture: nobody can aim at one nucleus there, and six pixels hold hundreds of them.
    const isAimed = viewer.scale > 0 && drawn.value?.level !== 'density'
    const tolerance = isAimed ? pickTolerance / viewer.scale : 0
    return pick(nuclei.value, grid.value, outlines.at, x, y, tolerance, isVisible)
  }

  /**
   * Returns the nucleus that one step from a level-0 point in a direction leads to, or −1 if no shown nucleus is there.
   */
  function towardNext(from: { x: number; y: number }, direction: readonly [number, number]): number {
    if (!nuclei.value || !grid.value || !shown.value) return -1
    return nearestInDirection(nuclei.value, grid.value, from, direction, isVisible)
  }

  /**
   * Returns the outline of the nucleus at a position, as flat x, y in level-0 pixels, or null if the nucleus no longer
   * exists. Rejects if the host cannot be reached.
   */
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

  /**
   * Shows a label at once, before it is saved. Returns a function to call with the host's answer: the version of the
   * shown classes that contains the label, or null if the host refused it.
   */
  function showEdit(slideId: number, ids: readonly number[], classId: number | null): (savedIn: number | null) => void {
    let edit: Edit = { ids, classId }
    changeEdits(slideId, (edits) => [...edits, edit])
    return (savedIn) =>
      changeEdits(slideId, (edits) => {
        if (savedIn === null) return edits.filter((one) => one !== edit)
        const saved = { ...edit, savedIn }
        const all = edits.map((one) => (one === edit ? saved : one))
        edit = saved
        return loaded.slide === slideId ? notIn(all, loaded.shown) : all
      })
  }

  /** Shown classes that one change of the displayed slide replaced. */
  interface Replaced {
    /** The version of the shown classes that the change made. */
    readonly version: number
    readonly position: Uint32Array
    readonly before: ShownClasses
    readonly after: ShownClasses
  }
  /** Newest last. */
  let replaced: Replaced[] = []

  /**
   * Shows at once what was shown before the label that made `version`, because undo is about to bring it back. The next
   * version from the host takes its place. Returns a function that stops this, for an undo that failed; null if the page
   * does not know what was shown before.
   */
  function showUndo(slideId: number, version: number): (() => void) | null {
    const last = loaded.slide === slideId ? replaced.find((one) => one.version === version) : undefined
    if (!last || !displayed.value || !places.value) return null
    const { position, before, after } = last
    if (!isSameShown(displayed.value.hostAt(position), after)) return null
    const { id } = places.value
    const edit: Edit = { ids: Array.from(position, (i) => id[i]), classId: null, before, savedIn: loaded.shown + 1 }
    changeEdits(slideId, (edits) => [...edits, edit])
    return () => changeEdits(slideId, (edits) => edits.filter((one) => one !== edit))
  }

  let loading: AbortController | null = null
  let again: ReturnType<typeof setTimeout> | undefined
  /** Shows data from the host and drops the unsaved labels that it already contains. */
  function show(slideId: number, { position, shown, shownVersion }: ShownUpdate, isNew: boolean): void {
    if (!isNew && displayed.value) {
      displayed.value.take(position, shown)
      revision.value++
    } else if (places.value) displayed.value = new DisplayedColumns(places.value, shown)
    changeEdits(slideId, (edits) => notIn(edits, shownVersion))
  }

  project.onShown(({ slideId, since, ...patch }) => {
    const isNext = loaded.shown >= since && loaded.shown < patch.shownVersion
    if (loaded.slide !== slideId || loaded.nuclei !== patch.nucleiVersion || !isNext) return
    loaded = { ...loaded, shown: patch.shownVersion }
    const position = Uint32Array.from(patch.position)
    const shown = {
      count: patch.position.length,
      classId: Uint16Array.from(patch.classId),
      confidence: Uint8Array.from(patch.confidence),
      uncertain: Uint8Array.from(patch.uncertain),
      labelled: Uint8Array.from(patch.labelled),
      outside: Uint8Array.from(patch.outside),
    }
    const before = displayed.value?.hostAt(position)
    // Several changes in one patch cannot be told apart.
    if (before && patch.shownVersion === since + 1)
      replaced = [...replaced.slice(1 - mostReplaced), { version: patch.shownVersion, position, before, after: shown }]
    show(slideId, { ...patch, position, shown }, false)
  })

  const nothingLoaded = { slide: -1, nuclei: -1, shown: -1, predicted: -1 }
  let loaded = nothingLoaded

  /**
   * Fetches newer data from the host, one fetch at a time, until everything is up to date. Chunks that are gone were
   * replaced while they were fetched: the state that names the new ones has arrived or is on its way.
   */
  async function load(triesLeft = 2): Promise<void> {
    if (loading) return
    clearTimeout(again)
    const controller = (loading = new AbortController())
    const { signal } = controller
    const onBlock = (done: number, of: number) => {
      if (!signal.aborted) arriving.value = { done, of }
    }
    try {
      for (;;) {
        const slide = viewer.slide
        if (!slide || signal.aborted) return
        const { id, nucleiVersion, shownVersion, predictedVersion } = slide
        const sameNuclei = loaded.slide === id && loaded.nuclei === nucleiVersion
        const needsShown = !sameNuclei || loaded.shown < shownVersion
        const hasPredicted = sameNuclei && loaded.predicted === predictedVersion
        const lacksPredicted = needsPredicted(colourBy.value) && !hasPredicted
        if (!needsShown && !lacksPredicted) return
        const next =
          sameNuclei && fetched.value
            ? fetched.value
            : await fetchNuclei(id, nucleiVersion, fetched.value, onBlock, signal)
        const since = sameNuclei ? { nucleiVersion, shownVersion: loaded.shown } : undefined
        const update = needsShown ? await fetchShown(id, since, signal) : null
        // Positions from another version of the nuclei would colour the wrong nuclei. The newer state has arrived or is
        // on its way.
        if (update && update.nucleiVersion !== nucleiVersion) {
          if (viewer.slide?.nucleiVersion === nucleiVersion) return
          continue
        }
        const said = lacksPredicted ? await fetchPredicted(id, predictedVersion, signal) : null
        if (signal.aborted) return
        // A patch may have brought a newer version in the meantime.
        const isNewer = !sameNuclei || (update !== null && update.shownVersion > loaded.shown)
        loaded = {
          slide: id,
          nuclei: nucleiVersion,
          shown: update && isNewer ? update.shownVersion : loaded.shown,
          predicted: lacksPredicted || hasPredicted ? predictedVersion : -1,
        }
        if (next !== fetched.value) outlines.of(next)
        fetched.value = next
        if (!hasPredicted) predicted.value = said
        if (update && isNewer) {
          replaced = []
          show(id, update, !sameNuclei)
        }
      }
    } catch (error) {
      // Another project was opened: the page says so, and loads again once its own project is open.
      const kind = failureOf(error)?.kind
      const isOvertaken = kind === 'not-found' && triesLeft > 0
      if (isOvertaken) again = setTimeout(() => void load(triesLeft - 1), retryAfter)
      else if (!controller.signal.aborted && kind !== 'closed') notices.sayFailure(error)
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
      loaded = nothingLoaded
      replaced = []
      fetched.value = displayed.value = predicted.value = drawn.value = arriving.value = null
      outlines.of(null)
      selectedIds.value = []
      hoveredId.value = null
    },
    { flush: 'sync' },
  )
  watch(
    [
      () => viewer.slideId,
      () => viewer.slide?.nucleiVersion,
      () => viewer.slide?.shownVersion,
      () => viewer.slide?.predictedVersion,
      colourBy,
    ],
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
    displayed,
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
    hidesUnsure,
    unsure,
    isUnsure,
    isVisible,
    drawn,
    at,
    toward: towardNext,
    toggleClass,
    showEdit,
    showUndo,
  }
})
