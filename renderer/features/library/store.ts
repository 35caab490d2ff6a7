import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Job, Rect } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { said } from '../../said.ts'
import { strings } from '../../strings.ts'
import { useViewer } from '../viewer/index.ts'
import { isAnnotation } from './dropped.ts'
import { isToSearch, isUnfinished } from './nextStep.ts'

interface ScaleQuestion {
  readonly path: string
  /** Why it is asked, in a sentence. */
  readonly message: string
  /** Takes the slide's id once it is open, null where the user gives up. */
  readonly answer: (slideId: number | null) => void
}

/** Opening slides and starting work on them. */
export const useLibrary = defineStore('library', () => {
  const viewer = useViewer()
  const notices = useNotices()
  const project = useProject()
  /** What the chooser is open for. */
  const choosing = ref<'slide' | 'nuclei' | null>(null)
  /** Slides whose µm/px nobody has said yet, oldest first: the dialog asks about one after the other. */
  const unscaled = shallowRef<readonly ScaleQuestion[]>([])
  const needsScale = computed(() => unscaled.value[0] ?? null)

  /** Names of files that were dropped and whose folder is not known. */
  const dropped = ref<readonly string[]>([])

  /** Opens a slide and shows it; its id, once its µm/px was asked for where need be. null: it was not opened. */
  async function open(path: string): Promise<number | null> {
    try {
      const { slideId } = await host.slides.open({ path })
      show(slideId)
      return slideId
    } catch (error) {
      const failure = failureOf(error)
      if (failure?.kind === 'no-scale') {
        choosing.value = null
        return new Promise(
          (answer) => (unscaled.value = [...unscaled.value, { path, message: said(failure.message), answer }]),
        )
      }
      notices.sayFailure(error)
      return null
    }
  }
  function show(slideId: number): void {
    viewer.choose(slideId)
    choosing.value = null
  }

  /** Opens the slide that is asked about with the µm/px that the user says. */
  async function openWithScale(mpp: number): Promise<void> {
    const asked = needsScale.value
    if (!asked) return
    const opened = await notices.attempt(() => host.slides.open({ path: asked.path, mpp }))
    if (!opened) return
    show(opened.slideId)
    settle(asked, opened.slideId)
  }
  function settle(asked: ScaleQuestion, slideId: number | null): void {
    unscaled.value = unscaled.value.filter((other) => other !== asked)
    asked.answer(slideId)
  }

  /** Nuclei of another tool's file for a slide; asLabels: its classes are what a person said. */
  async function importNuclei(path: string, asLabels: boolean, slideId: number): Promise<void> {
    if (await notices.attempt(() => host.nuclei.import({ slideId, path, asLabels }))) choosing.value = null
  }

  /** The system's own dialog where the desktop shell offers it, else the page's chooser. */
  async function chooseSlide(): Promise<void> {
    if (!window.karyon) {
      choosing.value = 'slide'
      return
    }
    const path = await notices.attempt(() => window.karyon!.openSlide(strings.chooser.title))
    if (path) await open(path)
  }

  function chooseNuclei(): void {
    choosing.value = 'nuclei'
  }

  /** Files were dropped where the page cannot know their folder: it asks for it, with their names. */
  function sayWhereFrom(names: readonly string[]): void {
    const areAnnotations = names.every(isAnnotation)
    if (areAnnotations && viewer.slideId === null)
      return names.forEach((name) => notices.say('warning', strings.library.notImported.noSlideShown(name)))
    dropped.value = names
    choosing.value = areAnnotations ? 'nuclei' : 'slide'
  }

  /** Leaves the question or the choice that is shown. */
  function close(): void {
    if (needsScale.value) return settle(needsScale.value, null)
    dropped.value = []
    choosing.value = null
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
        refused.push(`${name}: ${said(failure.message)}`)
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
    openWithScale,
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
