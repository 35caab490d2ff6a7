import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ImportPreview, Job, Rect } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { said } from '../../said.ts'
import { strings } from '../../strings.ts'
import { useViewer } from '../viewer/index.ts'
import { isAnnotation } from './incoming/dropped.ts'
import { isToSearch, isUnfinished } from './nextStep.ts'

interface ScaleQuestion {
  readonly path: string
  /** The reason for the question, as a sentence. */
  readonly message: string
  /** Called with the slide's id once it is open, or null if the user gives up. */
  readonly answer: (slideId: number | null) => void
}

/** Opens slides and starts jobs on them. */
export const useLibrary = defineStore('library', () => {
  const viewer = useViewer()
  const notices = useNotices()
  const project = useProject()
  /** True while the slides of a folder are being opened. */
  const isBeginning = ref(false)
  /** What the chooser is open for; null while it is closed. */
  const choosing = ref<'slide' | 'nuclei' | 'folder' | null>(null)
  /** The chosen file of nuclei with what it holds; `found` is null while it is read. */
  const preview = shallowRef<{ readonly path: string; readonly found: ImportPreview | null } | null>(null)
  /** Slides whose µm/px is still unknown, oldest first. The dialog asks about one after the other. */
  const unscaled = shallowRef<readonly ScaleQuestion[]>([])
  const needsScale = computed(() => unscaled.value[0] ?? null)

  /** Names of dropped files whose folder is not known. */
  const dropped = ref<readonly string[]>([])

  /**
   * Opens a slide and shows it. If its µm/px is unknown, asks the user first. Returns the slide's id, or null if it was
   * not opened.
   */
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

  /** Opens the slide of the current question with the µm/px that the user entered. */
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

  /** Reads another tool's file to show what it holds before it is imported. */
  async function previewNuclei(path: string, slideId: number): Promise<void> {
    const asked = { path, found: null }
    preview.value = asked
    const found = await notices.attempt(() => host.nuclei.preview({ slideId, path }))
    // The user may have gone back or chosen another file meanwhile.
    if (preview.value === asked) preview.value = found ? { path, found } : null
  }

  /** Imports nuclei from another tool's file into a slide. asLabels: treats its classes as a person's labels. */
  async function importNuclei(path: string, asLabels: boolean, slideId: number): Promise<void> {
    if (await notices.attempt(() => host.nuclei.import({ slideId, path, asLabels }))) {
      choosing.value = null
      preview.value = null
    }
  }

  /** Opens the system's dialog in the desktop shell, else the page's chooser. */
  async function chooseSlide(): Promise<void> {
    if (!window.karyon) {
      choosing.value = 'slide'
      return
    }
    const path = await notices.attempt(() => window.karyon!.openSlide(strings.chooser.title))
    if (path) await open(path)
  }

  /** A folder is chosen in the page, in the desktop shell too: its dialog chooses files. */
  function chooseFolder(): void {
    choosing.value = 'folder'
  }

  /** Opens every slide of a folder, and queues finding and classifying for each. Says what could not be opened, and why. */
  async function batch(folder: string): Promise<void> {
    isBeginning.value = true
    const begun = await notices.attempt(() => host.slides.batch({ folder }))
    isBeginning.value = false
    if (!begun) return
    choosing.value = null
    if (viewer.slideId === null && begun.slideIds.length > 0) viewer.choose(begun.slideIds[0])
    const refused = begun.refused.map(({ name, why }) => `${name}: ${said(why)}`)
    if (refused.length > 0) notices.say('error', strings.library.leftOut(refused))
    if (begun.folders > 0) notices.say('info', strings.library.foldersLeftOut(begun.folders))
  }

  function chooseNuclei(): void {
    choosing.value = 'nuclei'
  }

  /** Handles files dropped where the page cannot know their folder: asks for it, with their names. */
  function sayWhereFrom(names: readonly string[]): void {
    const areAnnotations = names.every(isAnnotation)
    if (areAnnotations && viewer.slideId === null)
      return names.forEach((name) => notices.say('warning', strings.library.notImported.noSlideShown(name)))
    dropped.value = names
    choosing.value = areAnnotations ? 'nuclei' : 'slide'
  }

  /** Closes the question or the chooser that is shown. */
  function close(): void {
    if (needsScale.value) return settle(needsScale.value, null)
    dropped.value = []
    choosing.value = null
    preview.value = null
  }

  const detect = (slideId: number, region?: Rect) =>
    notices.attempt(() => host.nuclei.detect({ slideId, region, first: viewer.visible() }))
  /** Finds nuclei in the part of the slide (or of `region`) that was not searched yet. */
  const detectRest = (slideId: number, region?: Rect) =>
    notices.attempt(() => host.nuclei.detect({ slideId, region, first: viewer.visible(), rest: true }))
  const classify = (slideId: number) =>
    notices.attempt(() => host.nuclei.classify({ slideId, first: viewer.visible() }))
  /** Searches all slides for nuclei where that was not done, and classifies them. The jobs run one after the other. */
  async function workThrough(): Promise<void> {
    const refused: string[] = []
    for (const slide of project.slides.filter((one) => isUnfinished(one, project.jobs))) {
      const { id: slideId, name, activeRunId } = slide
      try {
        if (isToSearch(slide)) await host.nuclei.detect({ slideId, rest: true })
        if (isToSearch(slide) || activeRunId === null) await host.nuclei.classify({ slideId })
      } catch (error) {
        const failure = failureOf(error)
        // If the host is gone, no other slide will work either.
        if (!failure) return notices.sayFailure(error)
        refused.push(`${name}: ${said(failure.message)}`)
      }
    }
    if (refused.length > 0) notices.say('error', strings.library.leftOut(refused))
  }
  /** Continues a stopped job; what it has already done is kept. */
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
    preview,
    previewNuclei,
    importNuclei,
    chooseSlide,
    chooseNuclei,
    chooseFolder,
    batch,
    isBeginning,
    close,
    detect,
    detectRest,
    classify,
    cancel,
  }
})
