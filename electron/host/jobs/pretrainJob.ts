import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  defaultLosses,
  FailureError,
  type Nuclei,
  type NucleiSource,
  type PretrainingStart,
  message,
} from '../../contract/index.ts'
import { findTokenizer, stemTokenizerId } from '../../launch/tokenizers.ts'
import type { ProjectContext } from '../state/context.ts'
import { callEngine } from './callEngine.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { KnownModel } from '../state/models.ts'
import { newModelFolder, pretrainingCheckpoint } from '../state/paths.ts'
import { takeNuclei } from '../../../models/nuclei/join.ts'
import { spatialBlocks } from '../../../models/statistics/blocks.ts'
import { heldOutScore } from '../../../models/statistics/heldOutScore.ts'
import { placesOf, planHoldOut } from '../training/holdOut.ts'
import { forEngine, type SlideLabels } from '../training/labelledSlides.ts'
import type { EncoderVerdict } from '../../contract/messages/english/work.ts'

export interface PretrainOptions {
  readonly minutes: number
  readonly start: PretrainingStart
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
 * Trains an encoder on the project's slides by masked image modelling, from the encoder of the model in use or from
 * random weights, until masked tokens that are held out are told no better. Then a classifier on it is compared with one
 * on the encoder in use, by labels that are held out by slide or region. If it is no better, it is not kept. The encoder
 * has no classes, so it is listed with the other models but not put in use. After a cancelled or interrupted job, the
 * next job with the same slides and start continues where that one stopped.
 */
export function pretrainWork(context: ProjectContext, { minutes, start }: PretrainOptions): JobWork {
  return async (job) => {
    const { project, models } = context
    const inUse = models.inUse()
    const isOfUse = start === 'model-in-use'
    const hasStem = isOfUse && inUse.hasStem
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
      model: isOfUse ? inUse.folder : `preset:${start}`,
      tokenizer: await findTokenizer(hasStem ? stemTokenizerId : undefined),
      losses: defaultLosses(hasStem),
      length: { minutes },
      untilFlat: true,
      seed,
      out,
      checkpoint: pretrainingCheckpoint(project.path),
      title: `Pre-trained ${basename(out).split('-').at(-1)} (${isOfUse ? inUse.title : start}, ${slides.length} slide${slides.length === 1 ? '' : 's'})`,
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
      job.update({ message: message('comparingEncoders') })
      // Training took long: if the comparison fails or is cancelled, the encoder is kept and the reason said.
      const verdict = await verdictOn(context, inUse, out, job.signal).catch((error: unknown): EncoderVerdict => {
        if (!(error instanceof FailureError)) throw error
        return { why: error.failure.message }
      })
      const isKept = !('kept' in verdict) || verdict.kept
      if (isKept) await models.add(out)
      else await rm(out, { recursive: true, force: true })
      const { firstLoss: from, lastLoss: to, crops, seconds, heldOut } = result
      const { patches } = heldOut ?? {}
      const score = patches && {
        predicted: 100 * patches.accuracy,
        frequent: 100 * patches.mostFrequent,
        copied: 100 * patches.nearestVisible,
      }
      return message('pretrained', { model: params.title, from, to, crops, seconds, score: score ?? null, verdict })
    } catch (error) {
      await rm(out, { recursive: true, force: true })
      throw error
    }
  }
}

/**
 * Compares a new encoder with the one in use: a logistic regression on the features of each learns from the project's
 * labels, all but those held out, and is scored by these. Neither encoder has learned from the labels held out.
 */
async function verdictOn(
  context: ProjectContext,
  inUse: KnownModel,
  encoder: string,
  signal: AbortSignal,
): Promise<EncoderVerdict> {
  const { learn, heldOut, summary } = planHoldOut(context, inUse, { kind: 'auto' })
  if (heldOut.length === 0) return { why: summary.what }
  const slidesOf = (some: readonly SlideLabels[]) => some.map((labels) => forEngine(context, labels))
  const classes = context.project.classes.all().map(({ name }) => name)
  const params = { classes, train: slidesOf(learn), test: slidesOf(heldOut), seeds: [seed] }
  const calledBy = async (model: string) => {
    const { runs } = await callEngine(context.engine, 'probe', { ...params, model }, signal, () => undefined)
    return runs[0].predicted.flatMap((called) => [...called])
  }
  const [before, after] = [await calledBy(inUse.folder), await calledBy(encoder)]
  const label = heldOut.flatMap((slide) => [...slide.label])
  const block = spatialBlocks(heldOut.map(placesOf))
  const { gain } = heldOutScore({ classes: classes.length, label, before, after, block })
  const right = (called: readonly number[]) => called.filter((c, i) => c === label[i]).length
  const share = (called: readonly number[]) => (100 * right(called)) / label.length
  return {
    labels: label.length,
    ...{ before: share(before), after: share(after) },
    gain: gain && { low: 100 * gain.low, high: 100 * gain.high },
    kept: right(after) > right(before),
  }
}
