import { says } from '../../support/messages.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

/** The engine's grid with each nucleus moved by 3 px, and one more nucleus far away. */
function shiftedGrid(path: string): void {
  const square = (x: number, y: number) => ({
    type: 'Feature',
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [x, y],
          [x + 10, y],
          [x + 10, y + 10],
          [x, y + 10],
          [x, y],
        ],
      ],
    },
    properties: { objectType: 'detection' },
  })
  const features = Array.from({ length: all }, (_, k) =>
    square((k % grid.columns) * grid.step + 3, Math.floor(k / grid.columns) * grid.step),
  )
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features: [...features, square(280, 180)] }))
}

test('undoing an import restores nuclei, labels and predictions, and redoing it restores the imported ones', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  const { project, views } = context
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  workbench.labels.set(slideId, [project.nuclei.heads(slideId).id[4]], 2)
  const state = () => ({ nuclei: project.nuclei.of(slideId), shown: structuredClone(views.shownClasses(slideId)) })
  const before = state()
  const file = join(folder, 'other.geojson')
  shiftedGrid(file)
  expect((await workbench.finished(workbench.importNuclei(slideId, file, false))).state).toBe('done')
  await workbench.finished(workbench.classify(slideId))
  const after = state()
  expect(after.nuclei.count).toBe(all + 1)
  expect([...after.shown.classId]).not.toContain(0)
  expect(workbench.state().steps.at(-1)).toMatchObject({ kind: 'nuclei', title: says('Nuclei from other.geojson') })
  expect(workbench.labels.undo()?.title).toEqual(says('Nuclei from other.geojson'))
  expect(state()).toEqual(before)
  expect(workbench.labels.redo()?.title).toEqual(says('Nuclei from other.geojson'))
  expect(state()).toEqual(after)
  const [, label] = workbench.state().steps
  expect(workbench.labels.goTo(label.id).map(({ kind }) => kind)).toEqual(['nuclei', 'label'])
  expect(state().nuclei).toEqual(before.nuclei)
  expect(workbench.state().slides[0].labelled).toBe(0)
  workbench.labels.goTo(workbench.state().steps[2].id)
  expect(state()).toEqual(after)
})

test('undoing the first detection leaves only nuclei that a person has labelled since', async () => {
  let labelled = 0
  const { engine } = fakeEngine((method, piece) => {
    if (method !== 'detect' || piece !== 3) return
    labelled = context.project.nuclei.heads(slideId).id[0]
    workbench.labels.set(slideId, [labelled], 1)
  })
  const { workbench, context, slideId } = await temporaryWorkbench(engine)
  const { project } = context
  expect((await workbench.finished(workbench.detect(slideId))).state).toBe('done')
  expect(project.nuclei.heads(slideId).count).toBe(all)
  workbench.labels.undo()
  expect([...project.nuclei.heads(slideId).id]).toEqual([labelled])
  expect(workbench.state().slides[0]).toMatchObject({ nuclei: 1, labelled: 1 })
  workbench.labels.redo()
  expect(project.nuclei.heads(slideId).count).toBe(all)
  expect(workbench.state().slides[0]).toMatchObject({ nuclei: all, labelled: 1 })
})

test('the nuclei that a stopped detection found are one step', async () => {
  const { engine } = fakeEngine((method, piece) => {
    if (method === 'detect' && piece === 4) workbench.cancel(jobId)
  })
  const { workbench, slideId } = await temporaryWorkbench(engine)
  const jobId = workbench.detect(slideId)
  expect((await workbench.finished(jobId)).state).toBe('cancelled')
  const found = workbench.state().slides[0].nuclei
  expect(found).toBeGreaterThan(0)
  expect(workbench.labels.undo()?.title).toEqual(says('Nuclei found before it stopped'))
  expect(workbench.state().slides[0].nuclei).toBe(0)
  workbench.labels.redo()
  expect(workbench.state().slides[0].nuclei).toBe(found)
})
