import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import {
  boxOf,
  FailureError,
  tell,
  unwrap,
  type Attention,
  type EncodedTile,
  type EngineHello,
  type HostEvent,
  type Job,
  type NucleusDetails,
  type ProjectState,
  type Rect,
  type Told,
} from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { openSlide, slideFile } from '../../slides/index.ts'
import { createProject, openProject, type Project } from '../../store/index.ts'
import { Announcer } from '../state/events.ts'
import { slideChanged, type Bench } from '../state/context.ts'
import { classifyWork, noNuclei, runOf } from '../jobs/classifyJob.ts'
import { Comparing } from '../edits/runs.ts'
import { detectWork, type Wanted } from '../jobs/detectJob.ts'
import { Drawing } from '../edits/outlines.ts'
import { embedWork } from '../jobs/embedJob.ts'
import { hashSlides } from './slideHash.ts'
import { exportFile, exportText, type Exported, type ExportFormat } from '../edits/exporting.ts'
import { finetuneWork, noLabels, type FinetuneOptions } from '../jobs/finetuneJob.ts'
import { nothingToMask, pretrainable, pretrainWork, type PretrainOptions } from '../jobs/pretrainJob.ts'
import { importWork } from '../jobs/importJob.ts'
import { JobQueue } from '../state/jobQueue.ts'
import { Labelling } from '../edits/labels.ts'
import { Models, type KnownModel } from '../state/models.ts'
import { noScale, OpenSlides } from '../state/openSlides.ts'
import { openingNotices } from './openingNotices.ts'
import { projectName } from '../state/paths.ts'
import { Reviewing } from '../review/reviewing.ts'
import { Scheme } from '../edits/classes.ts'
import { SlideViews } from '../state/slideViews.ts'
import { Tissue } from '../state/tissue.ts'

export interface WorkbenchOptions {
  /** Project file; made where it is not there yet. */
  readonly project: string
  readonly engine: Engine
  /** Folder whose sub-folders are the models that ship with Karyon. */
  readonly builtInModels: string
  readonly version: string
  /** The how manieth project of this process it is (state.project.opening). Default: the first. */
  readonly opening?: number
}

/** Side of a model's input in its own pixels: at least that of every preset. */
const cropPixels = 448

/** Steps of the log that the state carries. */
const stepsInState = 200

/**
 * One open project and all that can be done with it, with no window and no HTTP: the page's routes, the command line
 * and tests are doors to this. Calls that take long queue a job and give its id; expected failures are FailureError.
 */
export class Workbench {
  readonly bench: Bench
  readonly labels: Labelling
  readonly drawing: Drawing
  readonly runs: Comparing
  readonly scheme: Scheme
  readonly review: Reviewing
  readonly #version: string
  readonly #opening: number
  readonly #closing = new AbortController()
  #hello: EngineHello | undefined
  #hashing: Promise<void> | undefined

  /** Opens or makes the project. Fails where it is foreign, damaged, newer, in use or cannot be written. */
  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const file = resolve(options.project)
    const project = existsSync(file) ? openProject(file) : createProject(file)
    try {
      const workbench = new Workbench(project, options)
      const problems = await workbench.bench.models.refresh()
      for (const problem of problems) workbench.bench.announcer.notice('warning', problem)
      for (const { level, sentence } of openingNotices(project)) workbench.bench.announcer.notice(level, sentence)
      const classes = workbench.bench.models.active()?.classes ?? []
      if (project.classes.all().length === 0) project.classes.ensure(classes.map((name) => ({ name })))
      return workbench
    } catch (error) {
      project.close()
      throw error
    }
  }

  private constructor(project: Project, { engine, builtInModels, version, opening = 1 }: WorkbenchOptions) {
    this.#version = version
    this.#opening = opening
    const announcer = new Announcer(() => this.state())
    const slides = new OpenSlides(project)
    const tissue = new Tissue(project, slides)
    this.bench = {
      project,
      engine,
      models: new Models(project, builtInModels),
      slides,
      views: new SlideViews(project, tissue),
      tissue,
      maps: new Map(),
      jobs: new JobQueue(() => announcer.changed()),
      announcer,
      reader: () => this.reader,
    }
    this.labels = new Labelling(this.bench)
    this.drawing = new Drawing(this.bench)
    this.runs = new Comparing(this.bench)
    this.scheme = new Scheme(this.bench)
    this.review = new Reviewing(this.bench, this.runs, () => this.activeModel())
  }

  /** Asks the engine who it is, for the state; starts its process. A failure is told as a notice. */
  async greetEngine(): Promise<EngineHello | undefined> {
    try {
      this.#hello = await this.bench.engine.call('hello', {})
      this.bench.announcer.changed()
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      this.bench.announcer.notice('error', error.failure.told ?? error.failure.message)
    }
    return this.#hello
  }

  state(): ProjectState {
    const { project, models, views, maps, jobs } = this.bench
    return {
      version: this.#version,
      project: { path: project.path, name: this.name, opening: this.#opening },
      reader: this.reader,
      readerGiven: project.settings.get('reader') !== undefined,
      classes: project.classes.all(),
      slides: project.slides.all().map(({ id }) => ({ ...views.summary(id), map: maps.get(id)?.summary ?? null })),
      models: [...models.all()],
      activeModelId: models.active()?.id ?? '',
      runs: project.runs.all(),
      jobs: jobs.list(),
      regions: [...project.regions.all()],
      readings: project.readings.all(),
      steps: project.log.steps(stepsInState),
      canUndo: project.log.canUndo,
      canRedo: project.log.canRedo,
      engine: this.#hello ? { provider: this.#hello.provider, reason: this.#hello.providerReason } : null,
    }
  }

  /** The how manieth project of this process it is. */
  get opening(): number {
    return this.#opening
  }

  /** The project's name: its file's, without the ending. */
  get name(): string {
    return projectName(this.bench.project.path)
  }

  /** Aborts when the project is being closed: what is asked of it then ends. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Titles of the work that waits or runs. */
  underWay(): string[] {
    const jobs = this.bench.jobs.list()
    return jobs.filter(({ state }) => state === 'waiting' || state === 'running').map(({ title }) => title)
  }

  /** The state now and after every change, and notices, until `signal` aborts. */
  events(signal?: AbortSignal): AsyncGenerator<HostEvent, void> {
    return this.bench.announcer.listen(signal)
  }

  /** Opens a slide (a file, or a folder of one DICOM slide) and adds it to the project; its id. Fails with 'no-scale' where nobody says the µm/px. */
  async openSlide(path: string, mpp?: number): Promise<number> {
    const file = await slideFile(resolve(path))
    const { project, slides, announcer } = this.bench
    const asFileSays = unwrap(await openSlide(file, { mpp }))
    await asFileSays.close()
    // A scale the user gave once holds when the slide is opened again.
    const given = mpp ?? project.slides.find(file)?.givenMpp ?? undefined
    const reader = given === mpp ? asFileSays : unwrap(await openSlide(file, { mpp: given }))
    await reader.close()
    if (!reader.info.mpp) throw noScale(file)
    const slideId = project.slides.add(file, reader.info, mpp)
    // Slides move by the folder: where one was found, the others are looked for too.
    if (project.slides.missing().length > 0) project.slides.findAgain(dirname(file), { deep: false })
    slides.reopen(slideId)
    for (const notice of reader.info.notices ?? []) announcer.notice('warning', notice)
    this.#hashing ??= hashSlides(project, this.#closing.signal).finally(() => (this.#hashing = undefined))
    announcer.changed()
    return slideId
  }

  /** Finds nuclei on a slide: everywhere, in `region` or in the `rest`, beginning with `first`; the job's id. */
  detect(slideId: number, wanted: Wanted = {}): number {
    this.bench.slides.forEngine(slideId)
    const work = detectWork(this.bench, slideId, wanted, this.reader)
    return this.#queue('detect', slideId, tell('detecting'), work, wanted.region)
  }

  /** Brings in nuclei from another tool's file; the job's id. */
  importNuclei(slideId: number, path: string, asLabels: boolean): number {
    this.bench.project.slides.get(slideId)
    const work = importWork(this.bench, slideId, resolve(path), asLabels, this.reader)
    return this.#queue('import', slideId, tell('importing', { file: basename(path) }), work)
  }

  /** Classifies a slide's nuclei with a model (default: the one in use); the job's id. */
  classify(slideId: number, options: { modelId?: string; first?: Rect } = {}): number {
    const { project, slides, jobs } = this.bench
    slides.forEngine(slideId)
    if (project.slides.get(slideId).nuclei === 0 && !jobs.expects(slideId)) throw noNuclei()
    const model = options.modelId === undefined ? this.activeModel() : this.bench.models.get(options.modelId)
    const work = classifyWork(this.bench, slideId, model, options.first)
    return this.#queue('classify', slideId, tell('classifying', { model: model.title }), work)
  }

  /** Maps a slide's nuclei by their tokens under the model in use; the job's id. */
  embed(slideId: number): number {
    this.bench.slides.forEngine(slideId)
    if (this.bench.project.slides.get(slideId).nuclei === 0) throw noNuclei()
    const model = this.activeModel()
    return this.#queue('embed', slideId, tell('mapping'), embedWork(this.bench, slideId, model))
  }

  /** What a nucleus and [CLS] attend to under the model in use. A few hundred milliseconds, so no job. */
  async attention(slideId: number, nucleusId: number): Promise<Attention> {
    const { project, slides, engine } = this.bench
    const source = slides.forEngine(slideId)
    const model = this.activeModel()
    const [x0, y0, x1, y1] = boxOf(project.nuclei.heads(slideId), project.nuclei.positionOf(slideId, nucleusId))
    // The crop from which a nucleus is read out reaches no further from its centre than its own side.
    const reach = (cropPixels * model.mpp) / source.mpp
    const near = { x: (x0 + x1) / 2 - reach, y: (y0 + y1) / 2 - reach, width: 2 * reach, height: 2 * reach }
    const nuclei = project.nuclei.touching(slideId, near)
    return engine.call('attention', { model: model.folder, ...source, nuclei, nucleus: nuclei.id.indexOf(nucleusId) })
  }

  details(slideId: number, nucleusId: number): NucleusDetails {
    return this.bench.views.details(slideId, nucleusId)
  }

  /** Fine-tunes the model in use on the human labels; then uses the result and re-classifies. The job's id. */
  train(options: FinetuneOptions): number {
    const { project } = this.bench
    const slides = project.slides.all().filter((slide) => slide.labelled > 0)
    if (slides.length === 0) throw noLabels()
    for (const { id } of slides) this.bench.slides.forEngine(id)
    const parent = this.activeModel()
    const work = finetuneWork(this.bench, parent, options, (model) => this.#useModel(model))
    return this.#queue('finetune', null, tell('training', { model: parent.title }), work)
  }

  /** Pre-trains an encoder on the nuclei of every slide, labelled or not; the job's id. */
  pretrain(options: PretrainOptions): number {
    const slides = pretrainable(this.bench)
    if (slides.length === 0) throw nothingToMask()
    for (const { id } of slides) this.bench.slides.forEngine(id)
    return this.#queue('pretrain', null, tell('pretraining'), pretrainWork(this.bench, options))
  }

  /** Makes a model the one in use: a slide with a whole run of it shows that at once, the others are classified. */
  activate(modelId: string): void {
    const model = this.bench.models.get(modelId)
    this.bench.project.settings.set('activeModelId', modelId)
    this.#useModel(model)
  }

  /** The model in use. Fails where there is none. */
  activeModel(): KnownModel {
    const model = this.bench.models.active()
    if (!model)
      throw new FailureError(
        'not-found',
        'No model is installed: resources/models is empty. Install Karyon again, or train a model with "karyon finetune".',
      )
    return model
  }

  /** Makes a model folder known to this project; its id. */
  async addModel(folder: string): Promise<string> {
    const { id } = await this.bench.models.add(resolve(folder))
    this.bench.announcer.changed()
    return id
  }

  cancel(jobId: number): void {
    this.bench.jobs.cancel(jobId)
  }

  /** The job as it ended: done, failed or cancelled. */
  finished(jobId: number): Promise<Job> {
    return this.bench.jobs.finished(jobId)
  }

  /** Resolves when no job waits or runs. */
  idle(): Promise<void> {
    return this.bench.jobs.idle()
  }

  /** Who labels: named in every step. */
  get reader(): string {
    return this.bench.project.settings.get('reader') ?? userInfo().username
  }

  set reader(name: string) {
    this.bench.project.settings.set('reader', name)
    this.bench.announcer.changed()
  }

  exportFile(slideId: number, format: ExportFormat, path?: string): Promise<Exported> {
    return exportFile(this.bench, slideId, format, path === undefined ? undefined : resolve(path))
  }

  exportText(slideId: number, format: ExportFormat): Generator<string> {
    return exportText(this.bench, slideId, format)
  }

  /** A stored block of the slide for the browser. Fails where the slide or the block is not there. */
  async tile(slideId: number, level: number, x: number, y: number, signal?: AbortSignal): Promise<EncodedTile> {
    return (await this.bench.slides.reader(slideId)).tile(level, x, y, signal)
  }

  /** Cancels jobs, ends the engine, closes slides and project. Labels are on disk already. */
  async close(): Promise<void> {
    const { jobs, engine, slides, project, announcer } = this.bench
    this.#closing.abort()
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
    title: Told,
    work: Parameters<JobQueue['add']>[1],
    region: Rect | null = null,
  ): number {
    return this.bench.jobs.add({ kind, slideId, region, title }, work)
  }

  #useModel(model: KnownModel): void {
    const { project, jobs, announcer } = this.bench
    if (model.classes.length === 0) {
      announcer.notice('info', tell('modelWithoutClasses', { model: model.title }))
      announcer.changed()
      return
    }
    for (const { id, activeRunId, nuclei, labelled } of project.slides.all()) {
      const known = runOf(this.bench, id, model.id)
      if (known && known.run.complete && known.left === 0) {
        project.slides.show(id, known.run.id)
        slideChanged(this.bench, id)
      } else if (nuclei > 0 && (activeRunId !== null || labelled > 0) && !jobs.expects(id))
        this.classify(id, { modelId: model.id })
    }
    this.bench.announcer.changed()
  }
}
