import { expect, test } from 'vitest'
import { fakeEngine } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

/** The built-in model has the classes "round" (1) and "long" (2). */
async function named() {
  const made = await temporaryWorkbench(fakeEngine().engine)
  const { workbench, context, slideId } = made
  workbench.detect(slideId)
  await workbench.idle()
  const { classes } = context.project
  const rename = (id: number, name: string) => workbench.scheme.change({ id, name })
  const inModel = () => classes.namesFor(['round', 'long'])
  return { ...made, classes, rename, inModel }
}

test('a renamed class still stands for the model’s class, and the old name does not come back', async () => {
  const { workbench, slideId, classes, rename, inModel } = await named()
  rename(1, 'tumour')
  expect(inModel()).toEqual(['round', 'long'])
  await workbench.finished(workbench.classify(slideId))
  expect(classes.all().map(({ name }) => name)).toEqual(['tumour', 'long'])
})

test('a class named back and a new class of the name between are two classes, also in a model', async () => {
  const { classes, rename, inModel } = await named()
  rename(1, 'tumour')
  rename(1, 'round')
  const added = classes.add('tumour')
  expect(inModel()).toEqual(['round', 'long', 'tumour'])
  expect(classes.forModel(['round', 'long', 'tumour']).map(({ id }) => id)).toEqual([1, 2, added])
})

test('a new class that takes the old name of a renamed one stands for the model’s class of that name', async () => {
  const { classes, rename, inModel } = await named()
  rename(1, 'tumour')
  const added = classes.add('round')
  expect(inModel()).toEqual(['tumour', 'long', 'round'])
  expect(classes.forModel(['round']).map(({ id }) => id)).toEqual([added])
})

test('no two classes have one name in a model, even where a class was mapped to the name of another', async () => {
  const { classes, inModel } = await named()
  classes.mapModelClass('round', classes.add('lymphocyte'))
  expect(new Set(inModel()).size).toBe(3)
})
