import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { FailureError, type FinetuneMethod, message } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { callEngine } from './callEngine.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { KnownModel } from '../state/models.ts'
import { newModelFolder } from '../state/paths.ts'
import { labelledSlides } from './labelledSlides.ts'

export interface FinetuneOptions {
  readonly method: FinetuneMethod
  readonly epochs?: number
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
    const slides = labelledSlides(context)
    const labelled = slides.reduce((sum, slide) => sum + slide.index.length, 0)
    if (labelled === 0) throw noLabels()
    const out = newModelFolder(project.path)
    const number = basename(out).split('-').at(-1)
    const params = {
      model: parent.folder,
      out,
      classes: project.classes.namesFor(parent.classes),
      slides,
      method: options.method,
      ...(options.epochs !== undefined && { epochs: options.epochs }),
      seed,
      title: `Fine-tuned ${number} (${options.method}, ${labelled} labels)`,
    }
    try {
      const result = await callEngine(context.engine, 'finetune', params, job.signal, (progress) => {
        job.update({
          done: progress.step,
          of: progress.of,
          message: progress.note ?? message('stage', { stage: progress.stage }),
          ...(progress.loss !== undefined && { loss: progress.loss }),
          ...(progress.secondsLeft !== undefined && { secondsLeft: progress.secondsLeft }),
        })
      })
      const model = await models.add(out)
      project.settings.set('activeModelId', model.id)
      trained(model)
      const { firstLoss: from, lastLoss: to, steps, seconds } = result
      return message('trained', { model: model.title, from, to, steps, seconds, parent: parent.title })
    } catch (error) {
      if (!models.all().some((model) => model.folder === out)) await rm(out, { recursive: true, force: true })
      throw error
    }
  }
}

export const noLabels = () => new FailureError('empty', message('noLabels'))
