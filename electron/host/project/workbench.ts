import { basename, dirname, resolve } from 'node:path'
import { z } from 'zod'
import {
  FailureError,
  message,
  messageSchema,
  unwrap,
  type Attention,
  type EngineHello,
  type HoldOut,
  type TrainingPlan,
  type HostEvent,
  type Job,
  type Language,
  type Nuclei,
  type NucleusDetails,
  type ProjectState,
  type Rect,
  type ShownClasses,
  type SlideInfo,
  type Message,
} from '../../contract/index.ts'
import { openSlide, slideFileAndImage } from '../../slides/index.ts'
import { Classes } from '../edits/classes.ts'
import { exportCoco, exportFile, exportName, type Exported } from '../edits/exporting.ts'
import { makeEvidence, type Evidence } from '../edits/evidence.ts'
import { Labels } from '../edits/labels.ts'
import { resultRows, resultsTable, type ResultRows } from '../edits/resultsTable.ts'
import { Outlines } from '../edits/outlines.ts'
import { Runs } from '../edits/runs.ts'
import { batchEntries, beginBatch, beginSlides, type BatchBegun, type BatchWish } from '../jobs/batch.ts'
import { classifyWork, noNuclei, runOf } from '../jobs/classifyJob.ts'
import { detectWork, type Wanted } from '../jobs/detectJob.ts'
import { embedWork } from '../jobs/embedJob.ts'
import { importFiles, importWork, type ImportResult } from '../jobs/importJob.ts'
import { LiveLearning } from '../jobs/liveLearning.ts'
import { freeRoom, LowRoom, takesRoom } from '../jobs/lowRoom.ts'
import { nothingToMask, pretrainable, pretrainWork, type PretrainOptions } from '../jobs/pretrainJob.ts'
import { Reviewing } from '../review/reviewing.ts'
import { asSeen } from '../review/whyNucleus.ts'
import { allHeldOut, finetuneWork, noLabels, type FinetuneOptions } from '../training/finetuneJob.ts'
import { planHoldOut } from '../training/holdOut.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import type { JobQueue } from '../state/jobQueue.ts'
import type { KnownModel } from '../state/models.ts'
import { noScale } from '../state/openSlides.ts'
import { forgetProposal, proposalOf } from '../state/proposals.ts'
import { projectName } from '../state/paths.ts'
import { openContext, type ProjectOptions } from './openContext.ts'
import { projectState } from './projectState.ts'
import { decidingHash, hashSlides } from './slideHash.ts'

const helloSchema: z.ZodType<EngineHello> = z.object({
  provider: z.string(),
  providerReason: messageSchema,
  onnxruntime: z.string(),
  threads: z.number().int(),
  memoryMB: z.number().nullable(),
})

/**
 * One open project and everything that can be done with it, without a window or HTTP. The page's routes, the command
 * line and the tests all call it. Long tasks are queued as a job and return its id. Expected failures throw
 * FailureError.
 */
export class Workbench {
  readonly labels: Labels
  readonly drawing: Outlines
  readonly runs: Runs
  readonly scheme: Classes
  readonly review: Reviewing
  readonly live: LiveLearning
  readonly #context: ProjectContext
  readonly #room: LowRoom
  #hashing: Promise<void> | undefined

  /** Opens or creates the project. Throws the same failures as openContext. */
  static async open(options: ProjectOptions): Promise<Workbench> {
    return new Workbench(await openContext(options))
  }

  constructor(context: ProjectContext) {
    this.#context = context
    this.labels = new Labels(context)
    this.drawing = new Outlines(context)
    this.runs = new Runs(context)
    this.scheme = new Classes(context)
    this.review = new Reviewing(context, this.runs)
    this.live = new LiveLearning(context)
    this.#room = new LowRoom(
      () => freeRoom(dirname(context.project.path)),
      (sentence) => context.announcer.notice('warning', sentence),
    )
  }

  /**
   * Starts the engine and asks it about itself, for the state. A failure becomes a notice. Each project starts an engine
   * from the files as they are then: if Karyon was updated meanwhile, its answer may be of another version than this host,
   * and with it in the state no page would get the state any more.
   */
  async greetEngine(): Promise<EngineHello | undefined> {
    try {
      const answer = helloSchema.safeParse(await this.#context.engine.call('hello', {}))
      if (!answer.success) throw new FailureError('engine', message('engineOfOtherVersion'))
      this.#context.hello = answer.data
      this.#context.announcer.changed()
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      this.#context.announcer.notice('error', error.failure.message)
    }
    return this.#context.hello
  }

  /**
   * Starts an engine that is no longer started by itself, and asks it about itself. A failure becomes a notice. Resolves
   * when it has answered or ended.
   */
  async startEngine(): Promise<void> {
    this.#context.engine.restarts?.allowNow()
    await this.greetEngine()
  }

  state(): ProjectState {
    return projectState(this.#context)
  }

  /** Counts the projects opened in this process, from 1. */
  get opening(): number {
    return this.#context.opening
  }

  /** The project's file. */
  get path(): string {
    return this.#context.project.path
  }

  /** The project's name: its file name without the extension. */
  get name(): string {
    return projectName(this.path)
  }

  /** Returns the titles of the jobs that are waiting or running. */
  underWay(): Message[] {
    const jobs = this.#context.jobs.list()
    return jobs.filter(({ state }) => state === 'waiting' || state === 'running').map(({ title }) => title)
  }

  /** Shows the user a message. */
  notice(level: Extract<HostEvent, { kind: 'notice' }>['level'], sentence: Message): void {
    this.#context.announcer.notice(level, sentence)
  }

  /** Yields the state, then its changes, and notices, until `signal` aborts. */
  events(signal?: AbortSignal): AsyncGenerator<HostEvent, void> {
    return this.#context.announcer.listen(signal)
  }

  /**
   * Opens a slide (a file, or a folder of one DICOM slide), adds it to the project and returns its id. Of a file with
   * several images, opens `image` or the one that the path names ("slide.tif#image=2"), else the largest; each image is
   * a slide of its own. Throws FailureError 'no-scale' if neither the file nor the user gives the µm/px.
   */
  async openSlide(path: string, mpp?: number, wanted?: number): Promise<number> {
    const { file, image = wanted } = await slideFileAndImage(resolve(path))
    const { project, slides, announcer } = this.#context
    const asFileSays = unwrap(await openSlide(file, { mpp, image }))
    await asFileSays.close()
    const hash = await decidingHash(project, file, this.#context.closing.signal)
    // A scale that the user gave once is used again when the slide is reopened.
    const given = mpp ?? project.slides.find(file, asFileSays.info, hash)?.givenMpp ?? undefined
    const reader = given === mpp ? asFileSays : unwrap(await openSlide(file, { mpp: given, image }))
    await reader.close()
    if (!reader.info.mpp) throw noScale(file)
    const slideId = project.slides.add(file, reader.info, mpp, hash)
    // Slides usually move as a whole folder, so look for the other missing ones here too.
    if (project.slides.missing().length > 0) project.slides.findAgain(dirname(file), { deep: false })
    slides.reopen(slideId)
    for (const notice of reader.info.notices ?? [])
      if (image === undefined || notice.key !== 'otherImages') announcer.notice('warning', notice)
    this.#hashing ??= hashSlides(project, this.#context.closing.signal).finally(() => (this.#hashing = undefined))
    announcer.changed()
    return slideId
  }

  /** Returns the images of a file that holds several and the number of the one that is opened by itself, else none. */
  async imagesOf(path: string): Promise<Pick<SlideInfo, 'images' | 'image'>> {
    const { file, image } = await slideFileAndImage(resolve(path))
    const reader = unwrap(await openSlide(file, { image }))
    await reader.close()
    const { info } = reader
    return image === undefined ? { images: info.images, image: info.image } : {}
  }

  /**
   * Detects nuclei on a slide: everywhere, in `region` or in the `rest`, starting with `first`. Returns the job's id.
   */
  detect(slideId: number, wanted: Wanted = {}): number {
    this.#context.slides.forEngine(slideId)
    const work = detectWork(this.#context, slideId, wanted, this.#context.reader())
    return this.#queue('detect', slideId, message('detecting'), work, wanted.region)
  }

  /** Imports nuclei from another tool's file. Returns the job's id. */
  importNuclei(slideId: number, path: string, asLabels: boolean): number {
    this.#context.project.slides.get(slideId)
    const work = importWork(this.#context, slideId, resolve(path), asLabels, this.#context.reader())
    return this.#queue('import', slideId, message('importing', { file: basename(path) }), work)
  }

  /** Imports nuclei from several files into a slide as one step, at once and without a job: for the command line. */
  importFiles(slideId: number, paths: readonly string[], asLabels: boolean): Promise<ImportResult> {
    const { reader, closing } = this.#context
    return importFiles(this.#context, slideId, paths, {
      asLabels,
      reader: reader(),
      signal: closing.signal,
      isSmall: true,
    })
  }

  /** Returns the path of a slide's file. */
  slidePath(slideId: number): string {
    return this.#context.project.slides.get(slideId).absolutePath
  }

  /** Returns the paths of all slides, with "#image=2" where a file holds several images. */
  slidePaths(): string[] {
    return this.#context.project.slides
      .all()
      .map(({ absolutePath, info }) => absolutePath + (info.image === undefined ? '' : `#image=${info.image}`))
  }

  /** Classifies a slide's nuclei with a model (default: the one in use). Returns the job's id. */
  classify(slideId: number, options: { modelId?: string; first?: Rect; isProposal?: boolean } = {}): number {
    const { project, slides, jobs } = this.#context
    slides.forEngine(slideId)
    if (project.slides.get(slideId).nuclei === 0 && !jobs.expects(slideId)) throw noNuclei()
    const model =
      options.modelId === undefined ? this.#context.models.inUse() : this.#context.models.get(options.modelId)
    const work = classifyWork(this.#context, slideId, model, options)
    return this.#queue('classify', slideId, message('classifying', { model: model.title }), work)
  }

  /** Makes a map of a slide's nuclei from their tokens, with the model in use. Returns the job's id. */
  embed(slideId: number): number {
    this.#context.slides.forEngine(slideId)
    if (this.#context.project.slides.get(slideId).nuclei === 0) throw noNuclei()
    const model = this.#context.models.inUse()
    return this.#queue('embed', slideId, message('mapping'), embedWork(this.#context, slideId, model))
  }

  /**
   * Returns what a nucleus and [CLS] attend to in the model in use. Takes a few hundred milliseconds, so it is no job.
   */
  async attention(slideId: number, nucleusId: number): Promise<Attention> {
    return this.#context.engine.call('attention', asSeen(this.#context, slideId, nucleusId))
  }

  /** Returns a slide's nuclei. */
  nuclei(slideId: number): Nuclei {
    return this.#context.project.nuclei.of(slideId)
  }

  /** Returns the shown classes of a slide, in the order of its nuclei. */
  shownClasses(slideId: number): ShownClasses {
    return this.#context.views.shownClasses(slideId)
  }

  details(slideId: number, nucleusId: number): NucleusDetails {
    return this.#context.views.details(slideId, nucleusId)
  }

  /**
   * Fine-tunes the model in use on the human labels, then puts the new model in use and classifies again. On slides
   * that show classes already, the new ones wait for a decision (slides[].proposedRunId). Returns the job's id.
   */
  train(options: FinetuneOptions): number {
    const { project } = this.#context
    const slides = project.slides.all().filter((slide) => slide.labelled > 0)
    if (slides.length === 0) throw noLabels()
    for (const { id } of slides) this.#context.slides.forEngine(id)
    const parent = this.#context.models.inUse()
    if (planHoldOut(this.#context, parent, options.holdOut).summary.learned === 0) throw allHeldOut()
    const work = finetuneWork(this.#context, parent, options, (model) => this.#useModel(model, true))
    return this.#queue('finetune', null, message('training', { model: parent.title }), work)
  }

  /** Says what a training would learn from and hold out, as things stand. */
  trainingPlan(holdOut: HoldOut): TrainingPlan {
    return planHoldOut(this.#context, this.#context.models.inUse(), holdOut).summary
  }

  /** Pre-trains an encoder on the nuclei of every slide, labelled or not. Returns the job's id. */
  pretrain(options: PretrainOptions): number {
    const slides = pretrainable(this.#context)
    if (slides.length === 0) throw nothingToMask()
    for (const { id } of slides) this.#context.slides.forEngine(id)
    return this.#queue('pretrain', null, message('pretraining'), pretrainWork(this.#context, options))
  }

  /**
   * Puts a model in use. A slide with a complete run of this model shows that run at once; the others are classified.
   * Nothing waits for a decision then: this is one.
   */
  activate(modelId: string): void {
    const model = this.#context.models.get(modelId)
    const { project } = this.#context
    project.settings.set('activeModelId', modelId)
    for (const { id } of project.slides.all()) {
      const proposed = proposalOf(project, id)
      if (proposed !== null) forgetProposal(project, proposed)
    }
    this.#useModel(model)
  }

  /** Adds a model folder to this project and returns the model's id. */
  async addModel(folder: string): Promise<string> {
    const { id } = await this.#context.models.add(resolve(folder))
    this.#context.announcer.changed()
    return id
  }

  cancel(jobId: number): void {
    this.#context.jobs.cancel(jobId)
  }

  /** Resolves to the job when it has ended: done, failed or cancelled. */
  finished(jobId: number): Promise<Job> {
    return this.#context.jobs.finished(jobId)
  }

  /** Resolves when no job is waiting or running. */
  idle(): Promise<void> {
    return this.#context.jobs.idle()
  }

  /** Sets the name of the reader who labels from now on. */
  set reader(name: string) {
    this.#context.project.settings.set('reader', name)
    this.#context.announcer.changed()
  }

  /**
   * Writes a slide's nuclei that count to `path`, or to a new file beside the project, in one of the formats of
   * exporters.ts.
   */
  exportFile(slideId: number, format: string, path?: string): Promise<Exported> {
    return exportFile(this.#context, slideId, format, path === undefined ? undefined : resolve(path))
  }

  /** Returns the name of a slide's export without its extension. No other slide's has it. */
  exportName(slideId: number): string {
    return exportName(this.#context, slideId)
  }

  /** Writes the nuclei of several slides to one COCO file. `picture` gives the name of a slide's picture in it. */
  exportCoco(slideIds: readonly number[], path: string, picture: (slide: string) => string): Promise<Exported[]> {
    return exportCoco(this.#context, slideIds, path, picture)
  }

  /**
   * Opens every slide of a folder and queues what is still to be done on it: finding nuclei, and classifying them with the
   * model in use. See beginBatch.
   */
  batch(folder: string, mpp?: number): Promise<BatchBegun & { folders: number }> {
    return beginBatch(this.#context, this, folder, { mpp })
  }

  /** Does the same with slides that are named by their paths. */
  batchOf(paths: readonly string[], wish: BatchWish): Promise<BatchBegun> {
    return beginSlides(this.#context, this, paths, wish)
  }

  /** Returns what failed in batches, by slide. */
  batchFailures(): { path: string; why: Message }[] {
    return [...batchEntries(this.#context.project)].flatMap(([path, { failure }]) =>
      failure ? [{ path, why: failure }] : [],
    )
  }

  /** Returns the rows of the table of results, one for each slide. */
  resultRows(): Promise<ResultRows> {
    return resultRows(this.#context)
  }

  /** Returns the table of results of all slides, as CSV. */
  results(): Promise<string> {
    return resultsTable(this.#context)
  }

  /** Makes an evidence pack of the project as it is now. */
  evidence(language: Language): Promise<Evidence> {
    return makeEvidence(this.#context, language)
  }

  /** Cancels jobs, ends the engine, closes slides and project. Labels are on disk already. */
  async close(): Promise<void> {
    const { jobs, engine, slides, project, announcer, closing } = this.#context
    closing.abort()
    announcer.close()
    await this.#hashing
    const cancelled = jobs.close()
    await engine.close()
    await cancelled
    await slides.close()
    project.close()
  }

  #queue(
    kind: Job['kind'],
    slideId: number | null,
    title: Message,
    work: Parameters<JobQueue['add']>[1],
    region: Rect | null = null,
  ): number {
    if (takesRoom(kind)) void this.#room.check()
    return this.#context.jobs.add({ kind, slideId, region, title }, work)
  }

  /** @param isProposal whether slides that show classes keep them until a person has decided */
  #useModel(model: KnownModel, isProposal = false): void {
    const { project, jobs, announcer } = this.#context
    if (model.classes.length === 0) {
      announcer.notice('info', message('modelWithoutClasses', { model: model.title }))
      announcer.changed()
      return
    }
    for (const { id, activeRunId, nuclei, labelled } of project.slides.all()) {
      const known = runOf(this.#context, id, model.id)
      if (known && known.run.complete && known.left === 0) {
        project.slides.show(id, known.run.id)
        slideChanged(this.#context, id)
      } else if (nuclei > 0 && (activeRunId !== null || labelled > 0) && !jobs.expects(id))
        this.classify(id, { modelId: model.id, isProposal: isProposal && activeRunId !== null })
    }
    this.#context.announcer.changed()
  }
}
