import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { bottomPanel } from '../../window/panelState.ts'
import { host, useNotices, useProject } from '../../host/index.ts'
import { useSaving } from '../saving/index.ts'
import { strings } from '../../strings.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useReview } from '../review/index.ts'
import { useViewer } from '../viewer/index.ts'

type Difference = Awaited<ReturnType<typeof host.runs.difference>>
export interface Flip {
  readonly fromClass: number
  readonly toClass: number
}
/** Most nuclei that are selected on the slide when a kind of change is chosen. */
const mostSelected = 20_000

/** What another run would change on the slide, and the decision about it. */
export const useChanges = defineStore('changes', () => {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const review = useReview()
  const saving = useSaving()
  const notices = useNotices()

  /** The slide's complete runs, newest first. */
  const runs = computed(() =>
    (project.state?.runs ?? []).filter((run) => run.slideId === viewer.slideId && run.complete).reverse(),
  )
  const proposed = computed(() => viewer.slide?.proposedRunId ?? null)
  const chosenFrom = ref<number | null>(null)
  const chosenTo = ref<number | null>(null)
  /** The run that is compared with; null: what is shown now. */
  const from = computed({
    get: () => (runs.value.some(({ id }) => id === chosenFrom.value) ? chosenFrom.value : null),
    set: (runId) => (chosenFrom.value = runId),
  })
  /** The run that would be put in force: the one that waits for a decision unless another was chosen. */
  const to = computed({
    get: () => {
      const known = runs.value.some(({ id }) => id === chosenTo.value) ? chosenTo.value : null
      return known ?? proposed.value ?? runs.value.find(({ id }) => id !== viewer.slide?.activeRunId)?.id ?? null
    },
    set: (runId) => (chosenTo.value = runId),
  })
  watch(proposed, () => (chosenFrom.value = chosenTo.value = null))
  const difference = shallowRef<Difference | null>(null)
  const chosen = shallowRef<Flip | null>(null)

  watch(
    [() => viewer.slideId, from, to, () => viewer.slide?.predictedVersion, () => viewer.slide?.labelled],
    async ([slideId, before, after], old) => {
      if (slideId !== old?.[0] || before !== old[1] || after !== old[2]) difference.value = chosen.value = null
      if (slideId === null || after === null) return
      const found = await notices.attempt(() => host.runs.difference({ slideId, from: before, to: after }))
      if (slideId === viewer.slideId && before === from.value && after === to.value) difference.value = found ?? null
    },
    { immediate: true },
  )

  /** Selects the nuclei of one kind of change on the slide and lists their pictures. */
  async function choose(flip: Flip): Promise<void> {
    const [slideId, runId] = [viewer.slideId, to.value]
    if (slideId === null || runId === null) return
    chosen.value = flip
    const asked = { slideId, from: from.value, to: runId, flip, limit: mostSelected }
    const found = await notices.attempt(() => host.runs.flipped(asked))
    if (!found || chosen.value !== flip) return
    nuclei.selectedIds = found.nucleusIds
    // The list compares with what is shown.
    if (from.value !== null) return
    await review.make({ kind: 'flips', runId, ...flip })
    bottomPanel.value = 'gallery'
  }

  /** Lists the labelled nuclei that the run contradicts. */
  async function showContradictions(): Promise<void> {
    if (to.value === null) return
    await review.make({ kind: 'against', runId: to.value })
    bottomPanel.value = 'gallery'
  }

  /** Puts the run in force: for the whole slide, or only for some kinds of change or in a region. */
  async function accept(part: { flips?: Flip[]; where?: { regionId: number } } = {}): Promise<void> {
    const [slideId, runId] = [viewer.slideId, to.value]
    if (slideId === null || runId === null) return
    await saving.change(() => host.runs.accept({ slideId, runId, ...part }), strings.changes.accept)
    chosen.value = null
  }

  /** Keeps what is shown. */
  async function keep(): Promise<void> {
    const [slideId, runId] = [viewer.slideId, proposed.value]
    if (slideId !== null && runId !== null) await notices.attempt(() => host.runs.decide({ slideId, runId }))
  }

  return { runs, proposed, from, to, difference, chosen, choose, showContradictions, accept, keep }
})
