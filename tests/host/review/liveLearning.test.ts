import { expect, test } from 'vitest'
import { FailureError, message } from '../../../electron/contract/index.ts'
import { decodePredicted } from '../../../electron/contract/nuclei/displayed.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

/** A classified slide: the left half is class 2, the right half class 1. Learning while labelling is on. */
async function learning(engine = fakeEngine().engine) {
  const made = await temporaryWorkbench(engine)
  const { workbench, context, slideId } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  workbench.live.switch(true)
  const { id } = context.project.nuclei.heads(slideId)
  const label = (at: number, classId: number) => workbench.labels.set(slideId, [id[at]], classId)
  const count = (classId: number) => workbench.shownClasses(slideId).classId.filter((c) => c === classId).length
  return { ...made, label, count }
}

test('the slide is classified anew from the labels after a pause, and it says what changed', async () => {
  const { workbench, context, label, count, slideId } = await learning()
  const predicted = () => [...decodePredicted(context.views.predicted(slideId)).classId]
  const before = predicted()
  label(0, 1)
  label(all - 1, 2)
  await workbench.live.learned()
  // The fake head: the first half of the list is like nucleus 0, the second half like the last.
  expect([count(1), count(2)]).toEqual([all / 2, all / 2])
  expect(workbench.shownClasses(slideId).classId[1]).toBe(1)
  expect(workbench.state().learning).toMatchObject({
    isOn: true,
    isRunning: false,
    last: { slideId, labels: 2, leftOut: 0, changed: predicted().filter((one, i) => one !== before[i]).length },
    obstacle: null,
  })
})

test('it rewrites one run of its own, and the model and its runs stay as they are', async () => {
  const { workbench, context, label, slideId } = await learning()
  const before = workbench.state()
  label(0, 1)
  label(all - 1, 2)
  await workbench.live.learned()
  label(5, 2)
  await workbench.live.learned()
  const { runs, models, activeModelId } = workbench.state()
  expect(runs.map(({ modelId, complete }) => [modelId, complete])).toEqual([
    ['tiny', true],
    ['live', true],
  ])
  expect([models, activeModelId]).toEqual([before.models, before.activeModelId])
  const own = context.project.runs.predictions(runs[0].id, context.project.nuclei.heads(slideId))
  expect(own.known.every(Boolean)).toBe(true)
  expect(workbench.state().learning.last?.labels).toBe(3)
})

test('with labels of one class it waits for a second one and says so', async () => {
  const { workbench, label } = await learning()
  label(0, 1)
  await workbench.live.learned()
  expect(workbench.state().learning.obstacle).toEqual(message('liveNeedsClasses', { classes: 1 }))
  expect(workbench.state().runs.length).toBe(1)
})

test('labels given while it learns are learned from next', async () => {
  let given: (() => void) | undefined
  const { workbench, label } = await learning(
    fakeEngine((method) => {
      if (method === 'tryHead') given?.()
      given = undefined
    }).engine,
  )
  label(0, 1)
  label(all - 1, 2)
  given = () => label(10, 2)
  await workbench.live.learned()
  await workbench.live.learned()
  expect(workbench.state().learning.last?.labels).toBe(3)
})

test('an undone label is unlearned: classes depend on the labels, not on their order', async () => {
  const { workbench, label, slideId } = await learning()
  label(0, 1)
  label(all - 1, 2)
  await workbench.live.learned()
  const before = structuredClone(workbench.shownClasses(slideId))
  label(10, 2)
  await workbench.live.learned()
  expect(workbench.shownClasses(slideId)).not.toEqual(before)
  workbench.labels.undo()
  await workbench.live.learned()
  expect(workbench.shownClasses(slideId)).toEqual(before)
})

test('switched off, the slide shows the model’s classes again, also when the project is reopened', async () => {
  const { workbench, context, label, count } = await learning()
  const before = [count(1), count(2)]
  label(0, 1)
  label(all - 1, 2)
  await workbench.live.learned()
  workbench.live.switch(false)
  label(0, 2)
  label(all - 1, 1)
  await workbench.live.learned()
  expect([count(1), count(2)]).toEqual(before)
  expect(context.project.settings.get('liveLearning')).toBe('off')
})

test('a failure of the engine is said, no label is lost, and the next label tries again', async () => {
  let fails = true
  const failure = new FailureError('busy', message('cancelled'))
  const { workbench, label } = await learning(
    fakeEngine((method) => {
      if (method === 'tryHead' && fails) throw failure
    }).engine,
  )
  label(0, 1)
  label(all - 1, 2)
  await workbench.live.learned()
  expect(workbench.state().learning.obstacle).toEqual(failure.failure.message)
  fails = false
  label(3, 1)
  await workbench.live.learned()
  expect(workbench.state().learning).toMatchObject({ obstacle: null, last: { labels: 3 } })
})
