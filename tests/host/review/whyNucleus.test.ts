import { expect, it } from 'vitest'
import { nearestLabels, surroundingsOf } from '../../../electron/host/review/whyNucleus.ts'
import { says } from '../../support/messages.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

async function classified() {
  const made = await temporaryWorkbench()
  const { workbench, slideId, context } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const ids = [...context.project.nuclei.of(slideId).id]
  const [round, long] = context.project.classes.all()
  return { ...made, ids, round, long }
}

it('what surroundings do is told in the project’s classes, also where two of the model’s stand for one', async () => {
  const { context, slideId, ids, round, long } = await classified()
  const { classes, modelTitle } = await surroundingsOf(context, slideId, ids[3])
  expect(modelTitle).toBe('Tiny')
  expect(classes).toEqual([
    { name: 'round', classId: round.id, together: 0.25, alone: 0.5 },
    { name: 'long', classId: long.id, together: 0.75, alone: 0.5 },
  ])
  context.project.classes.mapModelClass('round', long.id)
  expect((await surroundingsOf(context, slideId, ids[3])).classes).toEqual([
    { name: 'long', classId: long.id, together: 1, alone: 1 },
  ])
})
it('without a label the answer is what to do', async () => {
  const { context, slideId, ids } = await classified()
  await expect(nearestLabels(context, slideId, ids[3])).rejects.toMatchObject({
    failure: { kind: 'empty', message: says('Label a few') },
  })
})
it('the nearest labels come with their places and classes as labelled, also those of other slides', async () => {
  const { context, workbench, slideId, ids, round, long } = await classified()
  workbench.labels.set(slideId, [ids[2]], round.id)
  workbench.labels.set(slideId, [ids[9]], long.id)
  const { nearest, of } = await nearestLabels(context, slideId, ids[3])
  expect(of).toBe(2)
  expect(nearest.map(({ slideId: on, nucleusId, classId }) => [on, nucleusId, classId])).toEqual([
    [slideId, ids[2], round.id],
    [slideId, ids[9], long.id],
  ])
  expect(nearest[0].box).toEqual(workbench.details(slideId, ids[2]).box)
})
