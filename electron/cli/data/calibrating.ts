import { cp } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import type { DataSet } from '../../formats/dataSets/index.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { readModelFolder, type ModelCalibration, type ModelJson } from '../../formats/weights/modelFolder.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { findModel } from '../../launch/models.ts'
import { crossValidatedScaling, uncertainShare, type LabelledLogits } from '../../../models/train/scaling.ts'
import { classifyNuclei } from '../nuclei.ts'
import { progress } from '../verb.ts'
import { indexOfClass, usedClasses } from './classMap.ts'
import { boxesOfDots, dotDetector } from './dotBoxes.ts'
import { labelledSlides, needClasses, needScale, openData, type DataOptions } from './dataSlides.ts'

export interface CalibrateOptions extends DataOptions {
  readonly model: string
  readonly data: string[]
  /** What finds the nuclei where a data set has dots, and how far a dot may lie from its nucleus, µm. */
  readonly detector?: string
  readonly radius: number
  /** New model folder; without it the model's own description is changed. */
  readonly output?: string
}

/** The least number of images: each is calibrated by the others to score the calibration. */
const leastImages = 2

/** Fits a model's calibration on labelled images that it was not trained on, and writes it into the model's folder. */
export async function calibrateModel(options: CalibrateOptions) {
  const folder = await findModel(options.model)
  const { json, card } = await readModelFolder(folder)
  const { classes } = json
  if (classes.length === 0) throw new FailureError('invalid-input', message('modelNeedsClasses', { model: folder }))
  const sets = (await openData(options.data, options)).chosen.filter(({ images }) => images.length > 0)
  for (const set of sets) {
    needClasses(set)
    needScale(set)
    const unknown = usedClasses(set, set.images).filter((name) => indexOfClass(classes, name) < 0)
    if (unknown.length > 0)
      throw new FailureError('invalid-input', message('classesOfModel', { data: set.path, known: classes, unknown }))
  }
  const detector = await dotDetector(options.detector)
  const engine = connectEngine()
  const labelled: LabelledLogits[] = []
  try {
    const boxed: DataSet[] = []
    for (const set of sets) boxed.push((await boxesOfDots(engine, set, detector, options.radius)).set)
    const images = boxed.flatMap((set) => labelledSlides(set, classes)).filter(({ index }) => index.length > 0)
    if (images.length < leastImages)
      throw new FailureError('invalid-input', message('calibrateImages', { least: leastImages, found: images.length }))
    for (const { slide, mpp, nuclei, index, label } of images) {
      progress(`classifying image ${labelled.length + 1}/${images.length}`)
      const { probabilities } = await classifyNuclei(engine, slide, mpp, nuclei, folder, { isRaw: true })
      labelled.push({ logits: logitsOf(probabilities, index, classes.length), labels: label })
    }
  } finally {
    await engine.close()
  }
  const found = await crossValidatedScaling(labelled, classes.length, smoothingOf(json))
  const calibration: ModelCalibration = {
    ...found.scaling,
    uncertainBelow: found.uncertainBelow,
    nuclei: found.nuclei,
    images: labelled.length,
    expectedCalibrationError: { before: found.before, after: found.after },
  }
  const model = options.output === undefined ? folder : resolve(options.output)
  if (options.output !== undefined) await copyModel(folder, model)
  await writeCalibration(model, { ...json, id: basename(model) }, card, calibration)
  const { isBiased, accuracy, accuracyOfCertain } = found
  return { model, classes, calibration, isBiased, accuracy, accuracyOfCertain }
}

/** Returns the label smoothing that a model was trained with; 0 if its description does not say. */
function smoothingOf({ training }: ModelJson): number {
  const { recipe } = training
  if (typeof recipe !== 'object' || recipe === null || !('labelSmoothing' in recipe)) return 0
  const { labelSmoothing } = recipe
  return typeof labelSmoothing === 'number' && labelSmoothing > 0 && labelSmoothing < 1 ? labelSmoothing : 0
}

/** Returns the logits, up to a constant per nucleus, of some rows of probabilities. */
function logitsOf(probabilities: Float32Array, index: Uint32Array, classes: number): Float32Array {
  const logits = new Float32Array(index.length * classes)
  index.forEach((i, k) => {
    for (let c = 0; c < classes; c++)
      logits[k * classes + c] = Math.log(Math.max(1e-30, probabilities[i * classes + c]))
  })
  return logits
}

async function copyModel(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, force: false, errorOnExist: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && String(error.code).includes('EEXIST'))
      throw new FailureError('invalid-input', message('folderTaken', { path: to }))
    throw error
  })
}

async function writeCalibration(
  folder: string,
  json: ModelJson,
  card: string,
  calibration: ModelCalibration,
): Promise<void> {
  const { nuclei, images, uncertainBelow, expectedCalibrationError: error } = calibration
  const line =
    `- Calibration: fitted on ${nuclei} nuclei of ${images} held-out images. Expected calibration error ` +
    `${error.before.toFixed(3)} before, ${error.after.toFixed(3)} after (each image by the others). ` +
    `Below a probability of ${uncertainBelow.toFixed(2)} a nucleus counts as uncertain.`
  const had = /^- Calibration: .*$/m
  const newCard = had.test(card) ? card.replace(had, () => line) : `${card.trimEnd()}\n\n${line}\n`
  await writeAtomically(join(folder, 'README.md'), [newCard])
  await writeAtomically(join(folder, 'model.json'), [JSON.stringify({ ...json, calibration }, null, 2) + '\n'])
}

/** Describes a calibration in words. */
export function calibrationInWords(r: Awaited<ReturnType<typeof calibrateModel>>): string {
  const {
    temperature,
    bias,
    smoothing,
    nuclei,
    images,
    uncertainBelow,
    expectedCalibrationError: error,
  } = r.calibration
  const share = `${100 * uncertainShare} %`
  return [
    `Fitted on ${nuclei} nuclei of ${images} images, which must not be among those that the model was trained on.`,
    `${smoothing > 0 ? `Label smoothing ${smoothing} undone; temperature` : 'Temperature'} ${temperature.toFixed(3)}; ` +
      (r.isBiased
        ? `bias ${r.classes.map((name, c) => `${name} ${bias[c].toFixed(2)}`).join(', ')}`
        : 'no bias per class, which made left-out images no more likely'),
    `Expected calibration error ${error.before.toFixed(3)} before, ${error.after.toFixed(3)} after, each image calibrated by the others`,
    `Uncertain below a probability of ${uncertainBelow.toFixed(3)}: ${share} of these nuclei. Accuracy ${r.accuracy.toFixed(3)} of all, ` +
      `${r.accuracyOfCertain.toFixed(3)} without the uncertain ones`,
    r.model,
  ].join('\n')
}
