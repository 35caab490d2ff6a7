import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { FailureError, type FinetuneMethod, type HoldOut, message } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { callEngine } from '../jobs/callEngine.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { KnownModel } from '../state/models.ts'
import { newModelFolder } from '../state/paths.ts'
import { forEngine, type SlideLabels } from './labelledSlides.ts'
import { planHoldOut, rememberLearned } from './holdOut.ts'

export interface FinetuneOptions {
  readonly method: FinetuneMethod
  readonly epochs?: number
  /** Nothing if absent. */
  readonly holdOut?: HoldOut
}

/** Names of the methods in a model's title. */
const whatLearns: Readonly<Record<FinetuneMethod, string>> = {
  head: 'last layer',
  lora: 'last layer and attention',
  full: 'whole network',
}

/** A fixed seed makes training repeatable: the same labels and parent give the same model. */
const seed = 1

/**
 * Trains a new model on the project's human labels. The model is registered and put in use only when it is complete. If
 * anything fails before that (a killed engine, for example), the parent stays in use and every label stays as it was.
 */
export function finetuneWork(
  context: ProjectContext,
  parent: KnownModel,
  options: FinetuneOptions,
  trained: (model: KnownModel) => void,
): JobWork {
  return async (job) => {
    const { project, models } = context
    const { learn, heldOut, learned, summary } = planHoldOut(context, parent, options.holdOut)
    const labelled = summary.learned
    if (labelled === 0) throw summary.heldOut + summary.leftOut > 0 ? allHeldOut() : noLabels()
    const ofSlide = new Map<number, ReturnType<typeof forEngine>>()
    // Learned from or held out, the nuclei of a slide are one object, which is sent once.
    const slideOf = (labels: SlideLabels) => {
      const known = ofSlide.get(labels.slideId) ?? forEngine(context, labels)
      ofSlide.set(labels.slideId, known)
      return { ...known, index: labels.index, label: labels.label }
    }
    const out = newModelFolder(project.path)
    const number = basename(out).split('-').at(-1)
    const params = {
      model: parent.folder,
      out,
      classes: project.classes.namesFor(parent.classes),
      slides: learn.map(slideOf),
      ...(heldOut.length > 0 && {
        heldOut: {
          slides: heldOut.map(slideOf),
          record: { what: summary.what, classes: project.classes.all().map(({ name }) => name) },
        },
      }),
      method: options.method,
      ...(options.epochs !== undefined && { epochs: options.epochs }),
      seed,
      title: `Model ${number} (${whatLearns[options.method]}, ${labelled} labels)`,
    }
    try {
      const result = await callEngine(context.engine, 'finetune', params, job.signal, (progress) => {
        job.update({
          done: progress.step,
          of: progress.of,
          message: progress.note ?? message('stage', { stage: progress.stage }),
          ...(progress.loss !== undefined && { loss: progress.loss }),
          ...(progress.heldOutLoss !== undefined && { heldOutLoss: progress.heldOutLoss }),
          ...(progress.secondsLeft !== undefined && { secondsLeft: progress.secondsLeft }),
        })
      })
      const model = await models.add(out)
      rememberLearned(context, model.id, learned)
      project.settings.set('activeModelId', model.id)
      trained(model)
      const { seconds, heldOut: score } = result
      const held = score ? { labels: score.labels, accuracy: score.after.accuracy } : null
      return message('trained', { model: model.title, labels: labelled, seconds, parent: parent.title, held })
    } catch (error) {
      if (!models.all().some((model) => model.folder === out)) await rm(out, { recursive: true, force: true })
      throw error
    }
  }
}

export const noLabels = () => new FailureError('empty', message('noLabels'))

export const allHeldOut = () => new FailureError('empty', message('allHeldOut'))
