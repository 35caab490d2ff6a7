import { calibration } from '../metrics/calibration.ts'
import { lbfgs } from './lbfgs.ts'

/**
 * Turns a network's logits z into calibrated probabilities. First the label smoothing ε of its training is undone: of C
 * classes such a network gives the right one 1 − ε + ε/C at most and each other ε/C at least, so q = softmax(z) becomes
 * r = (q − ε/C)/(1 − ε). Then p = softmax(ln r / temperature + bias), vector scaling with one scale for all classes (Guo
 * et al. 2017).
 */
export interface Scaling {
  readonly temperature: number
  /** One number per class, in natural logarithms; 0 for every class if the temperature alone was fitted. */
  readonly bias: readonly number[]
  /** ε, 0 … 1; 0: the logits are used as they are. */
  readonly smoothing: number
}

/** Lowest r: what a network calls less likely than smoothing allows is noise. Lower is surer, and less often right. */
export const leastUnsmoothed = 1e-3

/** Logits of one image's labelled nuclei, with their true classes. */
export interface LabelledLogits {
  /** [n, classes], up to a constant per row */
  readonly logits: Float32Array
  /** Class of each nucleus, length n. */
  readonly labels: ArrayLike<number>
}

/** Returns the probabilities [n, classes] of logits [n, classes]: calibrated if a scaling is given, else the softmax. */
export function probabilityRows(logits: Float32Array, classes: number, scaling?: Scaling): Float32Array {
  if (!scaling) return softmaxRows(logits, classes)
  const { temperature, bias } = scaling
  const z = unsmoothed(logits, classes, scaling.smoothing)
  return softmaxRows(
    z.map((v, k) => v / temperature + bias[k % classes]),
    classes,
  )
}

/** Returns ln r [n, classes] of logits [n, classes]; the logits themselves for smoothing 0. */
function unsmoothed(logits: Float32Array, classes: number, smoothing: number): Float32Array {
  if (smoothing === 0) return logits
  const q = softmaxRows(logits, classes)
  return q.map((v) => Math.log(Math.max(leastUnsmoothed, (v - smoothing / classes) / (1 - smoothing))))
}

function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const p = new Float32Array(logits.length)
  for (let row = 0; row < logits.length; row += classes) {
    let max = -Infinity
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[row + c])
    let total = 0
    for (let c = 0; c < classes; c++) total += p[row + c] = Math.exp(logits[row + c] - max)
    for (let c = 0; c < classes; c++) p[row + c] /= total
  }
  return p
}

/** What a scaling may change. */
export interface ScalingForm {
  readonly smoothing: number
  readonly isBiased: boolean
}

/** Weight of the prior that pulls towards no calibration, in nuclei: a class that is rare in the data keeps its bias. */
const priorNuclei = 10
const leastScale = 1e-3

/**
 * Fits the scaling that makes the labels most likely (negative log-likelihood, convex in 1/temperature and bias).
 * @param form the smoothing of the training, and whether a bias is fitted beside the temperature
 */
export async function fitScaling(
  data: readonly LabelledLogits[],
  classes: number,
  { smoothing, isBiased }: ScalingForm,
): Promise<Scaling> {
  const n = data.reduce((sum, { labels }) => sum + labels.length, 0)
  const inputs = data.map(({ logits, labels }) => ({ z: unsmoothed(logits, classes, smoothing), labels }))
  const scalingOf = (values: Float32Array): Scaling => ({
    temperature: 1 / Math.max(leastScale, values[0]),
    bias: Array.from(values.subarray(1)),
    smoothing,
  })
  // Element 0 is 1/temperature, the others are the bias.
  const values = new Float32Array(1 + classes)
  values[0] = 1
  const evaluate = (at: Float32Array) => {
    const gradient = new Float64Array(1 + classes)
    let loss = 0
    for (const { z, labels } of inputs) {
      const p = probabilityRows(z, classes, { ...scalingOf(at), smoothing: 0 })
      for (let i = 0; i < labels.length; i++) {
        loss -= logOf(p[i * classes + labels[i]]) / n
        for (let c = 0; c < classes; c++) {
          const error = (p[i * classes + c] - (labels[i] === c ? 1 : 0)) / n
          gradient[0] += error * z[i * classes + c]
          gradient[1 + c] += error
        }
      }
    }
    const prior = priorNuclei / n
    at.forEach((v, k) => {
      const off = k === 0 ? v - 1 : v
      loss += (prior * off * off) / 2
      gradient[k] += prior * off
    })
    if (!isBiased) gradient.fill(0, 1)
    return Promise.resolve({ loss, gradient: Float32Array.from(gradient) })
  }
  await lbfgs(values, evaluate, { steps: 200, tolerance: 1e-7 })
  return scalingOf(values)
}
/** ln p, finite also where float32 gives 0. */
const logOf = (p: number): number => Math.log(Math.max(1e-30, p))

/** Share of held-out nuclei below the confidence from which on a nucleus counts as certain. */
export const uncertainShare = 0.2

export interface CrossValidated {
  /** Fitted on all images. */
  readonly scaling: Scaling
  readonly isBiased: boolean
  readonly nuclei: number
  /** Probability of the likeliest class below which the share `uncertainShare` of the nuclei lies. */
  readonly uncertainBelow: number
  /** Expected calibration error of all nuclei; after: each image calibrated by the other images. */
  readonly before: number
  readonly after: number
  readonly accuracy: number
  /** Accuracy of the nuclei that are not below `uncertainBelow`. */
  readonly accuracyOfCertain: number
}

/**
 * Fits a scaling and says how good it is: every figure comes from images that the scaling in use was not fitted on. Of
 * the forms (smoothing undone or not, with a bias per class or without) that which makes the left-out images most likely
 * is taken.
 * @param images at least 2
 * @param smoothing label smoothing of the network's training, 0 if unknown
 */
export async function crossValidatedScaling(
  images: readonly LabelledLogits[],
  classes: number,
  smoothing = 0,
): Promise<CrossValidated> {
  if (images.length < 2) throw new RangeError(`Cross-validation needs 2 images or more; got ${images.length}.`)
  let best: { form: ScalingForm; rows: Float32Array[]; loss: number } | undefined
  for (const undone of new Set([0, smoothing]))
    for (const isBiased of [false, true]) {
      const form = { smoothing: undone, isBiased }
      const rows = await leftOutRows(images, classes, form)
      const loss = logLoss(images, rows, classes)
      if (!best || loss < best.loss) best = { form, rows, loss }
    }
  const { form, rows } = best!
  const raw = callsOf(
    images,
    images.map(({ logits }) => probabilityRows(logits, classes)),
    classes,
  )
  const { right, confidence } = callsOf(images, rows, classes)
  const ascending = Float64Array.from(confidence).sort()
  const uncertainBelow = ascending[Math.floor(uncertainShare * ascending.length)]
  return {
    scaling: await fitScaling(images, classes, form),
    isBiased: form.isBiased,
    nuclei: right.length,
    uncertainBelow,
    before: calibration(raw.right, raw.confidence).expectedCalibrationError,
    after: calibration(right, confidence).expectedCalibrationError,
    accuracy: mean(right),
    accuracyOfCertain: mean(right.filter((_, i) => confidence[i] >= uncertainBelow)),
  }
}

/** Returns the probabilities of each image under the scaling fitted on the other images. */
async function leftOutRows(
  images: readonly LabelledLogits[],
  classes: number,
  form: ScalingForm,
): Promise<Float32Array[]> {
  const rows: Float32Array[] = []
  for (const image of images) {
    const others = images.filter((other) => other !== image)
    rows.push(probabilityRows(image.logits, classes, await fitScaling(others, classes, form)))
  }
  return rows
}

function logLoss(images: readonly LabelledLogits[], rows: readonly Float32Array[], classes: number): number {
  let loss = 0
  for (const [k, { labels }] of images.entries())
    for (let i = 0; i < labels.length; i++) loss -= logOf(rows[k][i * classes + labels[i]])
  return loss
}

function callsOf(images: readonly LabelledLogits[], rows: readonly Float32Array[], classes: number) {
  const right: number[] = []
  const confidence: number[] = []
  for (const [k, { labels }] of images.entries())
    for (let i = 0; i < labels.length; i++) {
      const row = rows[k].subarray(i * classes, (i + 1) * classes)
      const best = row.indexOf(Math.max(...row))
      right.push(best === labels[i] ? 1 : 0)
      confidence.push(row[best])
    }
  return { right, confidence }
}
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length
