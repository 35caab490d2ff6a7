import { expect, test } from 'vitest'
import { answers, FailureError, reviewReasons } from '../../../electron/contract/index.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

/** A workbench with `all` nuclei, half shown as class 1 and half as class 2, in which an audit has begun. */
async function audited(nuclei = 20) {
  const made = await temporaryWorkbench(fakeEngine().engine)
  const { workbench, slideId } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { review } = workbench
  expect(review.audits.begin(slideId, nuclei)).toBe(nuclei)
  const list = async () => {
    const { listId, nuclei: listed } = await review.list(slideId, { kind: 'audit' })
    return review.window(listId, 0, listed).flatMap((item) => (item ? [item] : []))
  }
  const answer = (nucleusId: number, classId: number | null) =>
    workbench.labels.set(slideId, [nucleusId], classId, review.answered([nucleusId], reviewReasons.audit))
  const shownOf = (nucleusId: number) => workbench.details(slideId, nucleusId).predictedClassId ?? 0
  return { ...made, review, list, answer, shownOf }
}

test('an audit shows random nuclei without their classes, and ends when all are answered', async () => {
  const { slideId, review, list, answer, shownOf } = await audited()
  const items = await list()
  expect(items).toHaveLength(20)
  expect(new Set(items.map(({ id }) => id)).size).toBe(20)
  expect(items.every((item) => item.classId === 0 && item.predictedClassId === 0 && item.p === 0)).toBe(true)
  expect(review.audits.report(slideId)).toEqual({ result: null, open: { nuclei: 20, answered: 0 } })
  for (const { id } of items.slice(0, 19)) answer(id, shownOf(id))
  expect(review.audits.report(slideId)).toEqual({ result: null, open: { nuclei: 20, answered: 19 } })
  expect((await list()).map(({ id }) => id)).toEqual([items[19].id])
  answer(items[19].id, shownOf(items[19].id))
  const { result, open } = review.audits.report(slideId)
  expect(open).toBeNull()
  expect(result).toMatchObject({ nuclei: 20, gone: 0, of: all, isStale: false, same: { nuclei: 20, high: 1 } })
  expect(result?.classes.map(({ shown }) => shown)).toEqual([all / 2, all / 2])
  for (const { low, mean, high } of result?.classes ?? []) {
    expect(mean).toBeCloseTo(0.5, 1)
    expect(low).toBeLessThan(0.5)
    expect(high).toBeGreaterThan(0.5)
  }
  await expect(list()).rejects.toThrow(/No audit of this slide/)
})

test('what the reader finds wrong corrects the fractions', async () => {
  const { slideId, review, list, answer } = await audited(40)
  for (const { id } of await list()) answer(id, 1)
  const { result } = review.audits.report(slideId)
  const [one, two] = [1, 2].map((classId) => result?.classes.find((c) => c.classId === classId))
  expect(one?.shown).toBe(all / 2)
  expect(one?.mean).toBeGreaterThan(0.94)
  expect(two?.high).toBeLessThan(0.15)
  expect(two?.audited.every(({ classId }) => classId === 1)).toBe(true)
})

test('a second sample cannot be drawn before the first is finished', async () => {
  const { slideId, review, workbench } = await audited()
  expect(() => review.audits.begin(slideId, 20)).toThrow(FailureError)
  workbench.reader = 'Dr Bo'
  expect(review.audits.begin(slideId, 20)).toBe(20)
})

test('an undone answer is asked again, and labels from elsewhere answer nothing', async () => {
  const { slideId, review, list, answer, workbench } = await audited()
  const [first, second] = await list()
  answer(first.id, 1)
  workbench.labels.set(slideId, [second.id], 1)
  workbench.labels.set(slideId, [second.id], 1, 'queue')
  expect(review.audits.report(slideId).open?.answered).toBe(1)
  for (let k = 0; k < 3; k++) workbench.labels.undo()
  expect(review.audits.report(slideId).open?.answered).toBe(0)
  workbench.labels.redo()
  expect(review.audits.report(slideId).open?.answered).toBe(1)
  answer(first.id, null)
  expect(review.audits.report(slideId).open?.answered).toBe(0)
})

test('later labels and another model do not change what an audit said, but changed nuclei are told', async () => {
  const { slideId, review, list, answer, shownOf, workbench, context } = await audited()
  for (const { id } of await list()) answer(id, shownOf(id))
  const before = review.audits.report(slideId).result
  const { id } = context.project.nuclei.heads(slideId)
  workbench.labels.set(slideId, [...id], 1)
  expect(review.audits.report(slideId).result).toEqual(before)
  workbench.drawing.edit(slideId, { kind: 'remove', ids: [id[0]] })
  expect(review.audits.report(slideId).result).toEqual({ ...before, isStale: true })
})

test('a nucleus that was removed is not asked for, and answers that are no class are counted as such', async () => {
  const { slideId, review, list, answer, shownOf, workbench } = await audited(30)
  const items = await list()
  workbench.drawing.edit(slideId, { kind: 'remove', ids: [items[0].id] })
  answer(items[1].id, answers.badOutline)
  for (const { id } of items.slice(2)) answer(id, shownOf(id))
  const { result } = review.audits.report(slideId)
  expect(result).toMatchObject({ nuclei: 29, gone: 1, isStale: true })
  const bad = result?.classes.find(({ classId }) => classId === answers.badOutline)
  expect(bad).toMatchObject({ shown: 0 })
  expect(bad?.mean).toBeGreaterThan(0.02)
  expect(result?.classes.reduce((sum, { mean }) => sum + mean, 0)).toBeCloseTo(1, 6)
})

test('an audit outlives the session', async () => {
  const { slideId, review, list, answer, shownOf, context } = await audited()
  const [first] = await list()
  answer(first.id, shownOf(first.id))
  const stored = context.project.settings.get('audits') ?? ''
  expect(JSON.parse(stored)).toMatchObject([{ slideId, sample: expect.any(Array) as unknown }])
  expect(review.audits.open(slideId)?.left).toHaveLength(19)
})
