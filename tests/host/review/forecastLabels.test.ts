import { expect, test } from 'vitest'
import { forecastLabels } from '../../../electron/host/review/forecastLabels.ts'
import { fakeEngine } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

test('what more labels would bring is said by class, and "not yet known" with few labels', async () => {
  const { workbench, context, slideId } = await temporaryWorkbench(fakeEngine().engine)
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { id } = context.project.nuclei.heads(slideId)
  workbench.labels.set(slideId, [...id.slice(0, 8)], 1)
  workbench.labels.set(slideId, [...id.slice(8, 12)], 2)
  expect(await forecastLabels(context)).toEqual({
    ...{ labels: 12, more: 50, without: 0, points: [], accuracy: null },
    classes: [
      { classId: 1, labels: 8, f1: null },
      { classId: 2, labels: 4, f1: null },
    ],
  })
  workbench.labels.set(slideId, [...id.slice(12, 40)], 2)
  const known = await forecastLabels(context)
  expect(known).toMatchObject({
    labels: 40,
    without: 3,
    points: [{ labels: 10, accuracy: 0.6 }, {}, {}, { labels: 80 }],
  })
  // The fake's curve rises by five points with every doubling: from 40 to 90 labels by log2(90 / 40) · 5.
  expect(known.accuracy?.gain.mean).toBeCloseTo(0.05 * Math.log2(90 / 40), 2)
  expect(known.classes.map(({ labels }) => labels)).toEqual([8, 32])
  expect(known.classes[0].f1?.now).toBeCloseTo(0.7, 2)
})

test('labels are judged by the oldest model of the lineage, which has not learned from them', async () => {
  const { engine, calls } = fakeEngine()
  const { workbench, context, slideId } = await temporaryWorkbench(engine)
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { id } = context.project.nuclei.heads(slideId)
  workbench.labels.set(slideId, [...id.slice(0, 30)], 1)
  workbench.train({ method: 'head' })
  await workbench.idle()
  expect(context.models.inUse().id).not.toBe('tiny')
  await forecastLabels(context)
  const params = calls.findLast(({ method }) => method === 'learningCurve')?.params
  expect(params).toMatchObject({ model: context.models.get('tiny').folder })
})
