import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { isAnnotationFile } from '../../../electron/contract/api/annotationFiles.ts'
import type { ImportPreview, Job, Rect, SlideInfo, SlideSummary } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { said } from '../../said.ts'
import { strings } from '../../strings.ts'
import { useFitness } from '../fitness/index.ts'
import { useViewer } from '../viewer/index.ts'
import { isToSearch, isUnfinished } from './nextStep.ts'

interface ScaleQuestion {
  readonly file: string
  readonly open: (mpp: number) => Promise<{ slideId: number }>
  /** The reason for the question, as a sentence. */
  readonly message: string
  /** Called with the slide's id once it is open, or null if the user gives up. */
  readonly answer: (slideId: number | null) => void
}

/** Returns the name of a file without its folder. */
export const baseName = (path: string) => path.split(/[\\/]/).at(-1) ?? path

/** Which image of a file with several is to be opened? */
interface ImageQuestion {
  readonly file: string
  readonly images: NonNullable<SlideInfo['images']>
  /** Number of the image that is shown already, or of the largest. */
  readonly image: number
  readonly isShown: boolean
  /** Called with the number, or null if the user gives up. */
  readonly answer: (image: number | null) => void
}

/** A file of nuclei with what it holds; `found` is null while it is read. */
interface Preview {
  readonly path: string
  readonly slideId: number
  readonly found: ImportPreview | null
}

/** Opens slides and starts jobs on them. */
export const useLibrary = defineStore('library', () => {
  const viewer = useViewer()
  const notices = useNotices()
  const project = useProject()
  const fitness = useFitness()
  /** True while the slides of a folder are being opened. */
  const isBeginning = ref(false)
  /** What the chooser is open for; null while it is closed. */
  const choosing = ref<'slide' | 'nuclei' | 'folder' | null>(null)
  /** Files of nuclei that wait for the user's word, the one that is shown first. */
  const previews = shallowRef<readonly Preview[]>([])
  const preview = computed(() => previews.value[0] ?? null)
  /** Slides whose µm/px is still unknown, oldest first. The dialog asks about one after the other. */
  const unscaled = shallowRef<readonly ScaleQuestion[]>([])
  const needsScale = computed(() => unscaled.value[0] ?? null)
  const undecided = shallowRef<readonly ImageQuestion[]>([])
  const needsImage = computed(() => undecided.value[0] ?? null)

  /** Names of dropped files whose folder is not known. */
  const dropped = ref<readonly string[]>([])

  /**
   * Opens a slide and shows it. If its file holds several images or its µm/px is unknown, asks the user first. Returns
   * the slide's id, or null if it was not opened.
   */
  async function open(path: string): Promise<number | null> {
    const found = await notices.attempt(() => host.slides.images({ path }))
    if (!found) return null
    const file = baseName(path)
    const { images, image: largest } = found
    if (!images || largest === undefined) return openBy(file, (mpp) => host.slides.open({ path, mpp }))
    const image = await askForImage({ file, images, image: largest, isShown: false })
    return image === null ? null : openBy(file, (mpp) => host.slides.open({ path, mpp, image }))
  }

  /** Lets the user open another image of a slide's file. */
  async function openAnotherImage({ id: slideId, name, info }: SlideSummary): Promise<void> {
    if (!info.images || info.image === undefined) return
    const asked = { file: name, images: info.images, image: info.image, isShown: true }
    const image = await askForImage(asked)
    if (image !== null) await openBy(name, (mpp) => host.slides.openImage({ slideId, image, mpp }))
  }

  function askForImage(asked: Omit<ImageQuestion, 'answer'>): Promise<number | null> {
    choosing.value = null
    return new Promise((answer) => (undecided.value = [...undecided.value, { ...asked, answer }]))
  }
  /** Answers the image question that is shown. */
  function chooseImage(image: number | null): void {
    const [asked, ...later] = undecided.value
    undecided.value = later
    asked?.answer(image)
  }

  async function openBy(file: string, request: (mpp?: number) => Promise<{ slideId: number }>): Promise<number | null> {
    try {
      const { slideId } = await request()
      show(slideId)
      return slideId
    } catch (error) {
      const failure = failureOf(error)
      if (failure?.kind === 'no-scale') {
        choosing.value = null
        const question = { file, open: request, message: said(failure.message) }
        return new Promise((answer) => (unscaled.value = [...unscaled.value, { ...question, answer }]))
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
    const opened = await notices.attempt(() => asked.open(mpp))
    if (!opened) return
    show(opened.slideId)
    settle(asked, opened.slideId)
  }
  function settle(asked: ScaleQuestion, slideId: number | null): void {
    unscaled.value = unscaled.value.filter((other) => other !== asked)
    asked.answer(slideId)
  }

  /** Reads another tool's file to show what it holds before it is imported into a slide. */
  async function previewNuclei(path: string, slideId: number): Promise<void> {
    const asked = { path, slideId, found: null }
    previews.value = [...previews.value, asked]
    const found = await notices.attempt(() => host.nuclei.preview({ slideId, path }))
    // The user may have gone back or chosen another file meanwhile; then it is no longer among them.
    previews.value = previews.value.flatMap((one) => (one !== asked ? [one] : found ? [{ ...asked, found }] : []))
  }

  /** Imports the file that is shown. asLabels: treats its classes as a person's labels. */
  async function importPreviewed(asLabels: boolean): Promise<void> {
    if (!preview.value) return
    const { path, slideId } = preview.value
    if (!(await notices.attempt(() => host.nuclei.import({ slideId, path, asLabels })))) return
    choosing.value = null
    leavePreview()
  }
  /** Leaves the file that is shown as it is. */
  function leavePreview(): void {
    previews.value = previews.value.slice(1)
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
    const areAnnotations = names.every(isAnnotationFile)
    if (areAnnotations && viewer.slideId === null)
      return names.forEach((name) => notices.say('warning', strings.library.notImported.noSlideShown(name)))
    dropped.value = names
    choosing.value = areAnnotations ? 'nuclei' : 'slide'
  }

  /** Closes the question or the chooser that is shown. */
  function close(): void {
    if (needsScale.value) return settle(needsScale.value, null)
    if (needsImage.value) return chooseImage(null)
    dropped.value = []
    choosing.value = null
    leavePreview()
  }

  /** Begins work on a slide that is fit for it, or with which the reader goes on. */
  const begin = async (slideId: number, work: () => Promise<unknown>) =>
    (await fitness.mayBegin(slideId)) ? notices.attempt(work) : undefined
  const detect = (slideId: number, region?: Rect) =>
    begin(slideId, () => host.nuclei.detect({ slideId, region, first: viewer.visible() }))
  /** Finds nuclei in the part of the slide (or of `region`) that was not searched yet. */
  const detectRest = (slideId: number, region?: Rect) =>
    begin(slideId, () => host.nuclei.detect({ slideId, region, first: viewer.visible(), rest: true }))
  const classify = (slideId: number) => begin(slideId, () => host.nuclei.classify({ slideId, first: viewer.visible() }))
  /** Searches all slides for nuclei where that was not done, and classifies them. The jobs run one after the other. */
  async function workThrough(): Promise<void> {
    const refused: string[] = []
    for (const slide of project.slides.filter((one) => isUnfinished(one, project.jobs))) {
      const { id: slideId, name, activeRunId } = slide
      // Of many slides nobody is asked one by one: those that look unfit are left for the reader to begin.
      const [misfit] = await fitness.misfitsOf(slideId)
      if (misfit) {
        refused.push(`${name}: ${said(misfit.finding)}`)
        continue
      }
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
    needsImage,
    chooseImage,
    openAnotherImage,
    dropped,
    sayWhereFrom,
    workThrough,
    goOn,
    open,
    openWithScale,
    preview,
    previewNuclei,
    importPreviewed,
    leavePreview,
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
