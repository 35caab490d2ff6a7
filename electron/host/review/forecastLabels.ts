import { FailureError, message, type LabelForecast } from '../../contract/index.ts'
import { accuracyOf, f1Of, forecast } from '../../../models/statistics/learningCurve.ts'
import { asJob } from '../state/asJob.ts'
import { callEngine } from '../jobs/callEngine.ts'
import { labelledSlides, unlearnedModel } from '../training/labelledSlides.ts'
import type { ProjectContext } from '../state/context.ts'

/** A fixed seed: the same labels give the same forecast. */
const seed = 1
/** Number of labels that the forecast looks ahead: a quarter of an hour's work. */
const more = 50

/**
 * Forecasts what more labels would bring to the last layer. The model it starts from has learned from none of the labels.
 * Throws the failures of the engine's call, except that with too few labels everything is "not yet known".
 */
export async function forecastLabels(context: ProjectContext): Promise<LabelForecast> {
  const { project, engine } = context
  const classes = project.classes.all()
  const slides = labelledSlides(context)
  const given = new Uint32Array(classes.length)
  for (const { label } of slides) for (const c of label) given[c]++
  const ofClass = (c: number) => ({ classId: classes[c].id, labels: given[c] })
  const model = unlearnedModel(context)
  const params = { model: model.folder, classes: project.classes.namesFor(model.classes), slides, seed }
  try {
    const { curve, labels, without } = await asJob(
      context,
      { kind: 'forecast', slideId: null, title: message('forecasting') },
      (job) => callEngine(engine, 'learningCurve', params, job.signal, (progress) => job.update(progress)),
      (found) => message('forecasted', { labels: found.labels, seconds: found.seconds }),
    )
    const cell = curve.classes ** 2
    const perSize = cell * curve.repeats * curve.blocks
    const points = curve.sizes.map((size, s) => {
      const sum = new Float64Array(cell)
      for (let k = 0; k < perSize; k++) sum[k % cell] += curve.counts[s * perSize + k]
      return { labels: size, accuracy: accuracyOf(sum, curve.classes) }
    })
    return {
      labels,
      more,
      without,
      points,
      accuracy: forecast(curve, accuracyOf, { labels, more }),
      classes: classes.map((_, c) => ({
        ...ofClass(c),
        f1: forecast(curve, f1Of(c), { labels, more, ofClass: c }),
      })),
    }
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.message.key !== 'tooFewLabels') throw error
    const labels = given.reduce((sum, n) => sum + n, 0)
    const unknown = classes.map((_, c) => ({ ...ofClass(c), f1: null }))
    return { labels, more, without: 0, points: [], accuracy: null, classes: unknown }
  }
}
