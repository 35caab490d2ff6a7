import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Job, Rect } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { hostSentence } from '../../hostSentence.ts'
import { strings } from '../../strings.ts'
import { useViewer } from '../viewer/index.ts'
import { isAnnotation } from './dropped.ts'
import { isToSearch, isUnfinished } from './nextStep.ts'

/** Opening slides and starting work on them. */
export const useLibrary = defineStore('library', () => {
  const viewer = useViewer()
  const notices = useNotices()
  const project = useProject()
  /** What the chooser is open for. */
  const choosing = ref<'slide' | 'nuclei' | null>(null)
  /** The slide whose µm/px nobody has said yet. */
  const needsScale = ref<{ path: string; message: string } | null>(null)

  /** Names of files that were dropped and whose folder is not known. */
  const dropped = ref<readonly string[]>([])

  async function open(path: string, mpp?: number): Promise<void> {
    try {
      const { slideId } = await host.slides.open({ path, mpp })
      viewer.choose(slideId)
      choosing.value = null
      needsScale.value = null
    } catch (error) {
      const failure = failureOf(error)
      if (failure?.kind !== 'no-scale') return notices.sayFailure(error)
      needsScale.value = { path, message: hostSentence(failure) }
      choosing.value = 'slide'
    }
  }

  /** Nuclei of another tool's file for the slide that is shown; asLabels: its classes are what a person said. */
  async function importNuclei(path: string, asLabels: boolean): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null) return
    if (await notices.attempt(() => host.nuclei.import({ slideId, path, asLabels }))) choosing.value = null
  }

  /** The system's own dialog where the desktop shell offers it, else the page's chooser. */
  async function chooseSlide(): Promise<void> {
    if (!window.karyon) {
      needsScale.value = null
      choosing.value = 'slide'
      return
    }
    const path = await notices.attempt(window.karyon.openSlide)
    if (path) await open(path)
  }

  function chooseNuclei(): void {
    needsScale.value = null
    choosing.value = 'nuclei'
  }

  /** Files were dropped where the page cannot know their folder: it asks for it, with their names. */
  function sayWhereFrom(names: readonly string[]): void {
    needsScale.value = null
    dropped.value = names
    choosing.value = names.every(isAnnotation) && viewer.slideId !== null ? 'nuclei' : 'slide'
  }

  function close(): void {
    dropped.value = []
    choosing.value = null
    needsScale.value = null
  }

  const detect = (slideId: number, region?: Rect) =>
    notices.attempt(() => host.nuclei.detect({ slideId, region, first: viewer.visible() }))
  /** Finds nuclei where none were searched for yet, or in the part of it within `region`. */
  const detectRest = (slideId: number, region?: Rect) =>
    notices.attempt(() => host.nuclei.detect({ slideId, region, first: viewer.visible(), rest: true }))
  const classify = (slideId: number) =>
    notices.attempt(() => host.nuclei.classify({ slideId, first: viewer.visible() }))
  /** Searches every slide for nuclei where that was not done and classifies all: the jobs run one after the other. */
  async function workThrough(): Promise<void> {
    const refused: string[] = []
    for (const slide of project.slides.filter((one) => isUnfinished(one, project.jobs))) {
      const { id: slideId, name, activeRunId } = slide
      try {
        if (isToSearch(slide)) await host.nuclei.detect({ slideId, rest: true })
        if (isToSearch(slide) || activeRunId === null) await host.nuclei.classify({ slideId })
      } catch (error) {
        const failure = failureOf(error)
        // Without the host no other slide fares better.
        if (!failure) return notices.sayFailure(error)
        refused.push(`${name}: ${hostSentence(failure)}`)
      }
    }
    if (refused.length > 0) notices.say('error', strings.library.leftOut(refused))
  }
  /** Starts stopped work again; what was done of it stays done. */
  function goOn({ kind, slideId, region }: Job): void {
    if (slideId === null) return
    if (kind === 'detect') void detectRest(slideId, region ?? undefined)
    else if (kind === 'classify') void classify(slideId)
    else if (kind === 'embed') void notices.attempt(() => host.nuclei.embed({ slideId }))
  }
  const cancel = (jobId: number) => notices.attempt(() => host.jobs.cancel({ jobId }))

  return {
    choosing,
    needsScale,
    dropped,
    sayWhereFrom,
    workThrough,
    goOn,
    open,
    importNuclei,
    chooseSlide,
    chooseNuclei,
    close,
    detect,
    detectRest,
    classify,
    cancel,
  }
})
