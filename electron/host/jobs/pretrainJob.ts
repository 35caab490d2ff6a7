import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { FailureError, type Nuclei, type NucleiSource, message } from '../../contract/index.ts'
import { findTokenizer } from '../../launch/tokenizers.ts'
import type { ProjectContext } from '../state/context.ts'
import { callEngine } from './callEngine.ts'
import type { JobWork } from '../state/jobQueue.ts'
import { newModelFolder, pretrainingCheckpoint } from '../state/paths.ts'
import { takeNuclei } from '../../../models/nuclei/join.ts'

export interface PretrainOptions {
  readonly minutes: number
  readonly preset: string
}

/** A fixed seed makes pre-training repeatable: the same slides give the same encoder. */
const seed = 1

/** Fraction of the slides held out. At the end it shows what was learned rather than memorised. */
const heldOutShare = 0.05

/** Returns the project's slides with nuclei in the tissue, from which masked image modelling learns. */
export const pretrainable = ({ project, tissue }: ProjectContext) =>
  project.slides.all().filter(({ id, nuclei }) => nuclei > tissue.countOutside(id))

function inTissue({ project, tissue }: ProjectContext, slideId: number): Nuclei {
  const nuclei = project.nuclei.of(slideId)
  const { column, count } = tissue.outside(slideId)
  return count === 0
    ? nuclei
    : takeNuclei(
        nuclei,
        Uint32Array.from(column.keys()).filter((i) => !column[i]),
      )
}

export const nothingToMask = () => new FailureError('empty', message('nothingToMask'))

/**
 * Trains an encoder on the project's slides by masked image modelling. The encoder has no classes, so it is listed with
 * the other models but not put in use. After a cancelled or interrupted job, the next job with the same slides and size
 * continues where that one stopped.
 */
export function pretrainWork(context: ProjectContext, { minutes, preset }: PretrainOptions): JobWork {
  return async (job) => {
    const { project, models } = context
    const slides = pretrainable(context)
    if (slides.length === 0) throw nothingToMask()
    const sources = slides.map(({ id }): NucleiSource => ({
      ...context.slides.forEngine(id),
      nuclei: inTissue(context, id),
    }))
    const out = newModelFolder(project.path)
    const params = {
      sources,
      heldOut: [],
      heldOutShare,
      model: `preset:${preset}`,
      tokenizer: await findTokenizer(),
      losses: ['patches', 'nuclei'] as const,
      length: { minutes },
      seed,
      out,
      checkpoint: pretrainingCheckpoint(project.path),
      title: `Pre-trained ${basename(out).split('-').at(-1)} (${preset}, ${slides.length} slide${slides.length === 1 ? '' : 's'})`,
    }
    try {
      const result = await callEngine(context.engine, 'pretrain', params, job.signal, (progress) => {
        job.update({
          done: progress.step,
          of: progress.of,
          message: message('stage', { stage: progress.stage }),
          ...(progress.loss !== undefined && { loss: progress.loss }),
          ...(progress.secondsLeft !== undefined && { secondsLeft: progress.secondsLeft }),
        })
      })
      const model = await models.add(out)
      const { firstLoss: from, lastLoss: to, crops, seconds, heldOut } = result
      const { patches } = heldOut ?? {}
      const score = patches && {
        predicted: 100 * patches.accuracy,
        frequent: 100 * patches.mostFrequent,
        copied: 100 * patches.nearestVisible,
      }
      return message('pretrained', { model: model.title, from, to, crops, seconds, score: score ?? null })
    } catch (error) {
      await rm(out, { recursive: true, force: true })
      throw error
    }
  }
}
