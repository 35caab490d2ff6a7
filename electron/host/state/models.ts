import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FailureError, heldOutRecordSchema, message, type Model, type Message } from '../../contract/index.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { defaultModelId } from '../../launch/models.ts'
import type { Project } from '../../store/index.ts'

export interface KnownModel extends Model {
  readonly folder: string
  /** Probability of the likeliest class below which a nucleus counts as uncertain; null: the model is not calibrated. */
  readonly uncertainBelow: number | null
  /** Whether its network has a convolutional stem. */
  readonly hasStem: boolean
}

/** The models a project can use: those that ship with Karyon and its own. Missing or damaged folders are left out. */
export class Models {
  readonly #project: Project
  readonly #builtInFolder: string
  #known: KnownModel[] = []

  constructor(project: Project, builtInFolder: string) {
    this.#project = project
    this.#builtInFolder = builtInFolder
  }

  /** Reads all model folders again. Returns one message for each folder that cannot be read, with the reason. */
  async refresh(): Promise<Message[]> {
    const entries = await readdir(this.#builtInFolder, { withFileTypes: true }).catch(() => [])
    const builtIn = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => join(this.#builtInFolder, entry.name))
    const own = this.#project.models.all().map(({ folder }) => folder)
    const problems: Message[] = []
    const known: KnownModel[] = []
    for (const folder of [...builtIn, ...own])
      try {
        known.push(await describe(folder, builtIn.includes(folder)))
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        problems.push(error.failure.message)
      }
    this.#known = known
    return problems
  }

  all(): readonly KnownModel[] {
    return this.#known
  }

  /** Returns a model by id. Throws FailureError 'not-found'. */
  get(id: string): KnownModel {
    const model = this.#known.find((m) => m.id === id)
    if (model) return model
    const names = this.#known.map((m) => m.id)
    throw new FailureError('not-found', message('noModel', { id, known: names }))
  }

  /** Returns the model in use, or undefined if there are no models at all. */
  active(): KnownModel | undefined {
    const chosen = this.#project.settings.get('activeModelId')
    return [chosen, defaultModelId].map((id) => this.#known.find((m) => m.id === id)).find(Boolean) ?? this.#known[0]
  }

  /** Returns the model in use. Throws FailureError 'not-found' if there are no models. */
  inUse(): KnownModel {
    const model = this.active()
    if (!model) throw new FailureError('not-found', message('noModelInstalled'))
    return model
  }

  /** Adds a model folder to the project's models. Throws FailureError if the folder is not a valid model. */
  async add(folder: string): Promise<KnownModel> {
    const model = await describe(folder, dirname(folder) === this.#builtInFolder)
    if (!model.builtIn) this.#project.models.add(model.id, folder)
    this.#known = [...this.#known.filter((m) => m.id !== model.id), model]
    return model
  }
}

async function describe(folder: string, builtIn: boolean): Promise<KnownModel> {
  const { json, card } = await readModelFolder(folder)
  const { id, title, classes, mpp, architecture, lineage, created, weightsHash, metric, calibration, training } = json
  const { width, layers } = architecture
  const uncertainBelow = calibration?.uncertainBelow ?? null
  const heldOut = heldOutRecordSchema.safeParse(training.heldOut).data ?? null
  return {
    ...{ id, title, classes, mpp, width, layers, lineage, created, weightsHash, metric, uncertainBelow, heldOut },
    ...{ card, builtIn, folder, hasStem: architecture.stem !== undefined },
  }
}
