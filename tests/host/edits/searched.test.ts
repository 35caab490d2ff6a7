import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Workbench } from '../../../electron/host/index.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryFolder } from '../../store/temporary.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows
const corner = { x: 0, y: 0, width: 60, height: 60 }

/**
 * Opens a workbench and calls `interrupt` once, before row `at` of a detection. By default that cancels the detection.
 */
async function interruptedAt(
  at: number,
  interrupt: (workbench: Workbench) => void = (w) => w.cancel(w.state().jobs.at(-1)?.id ?? 0),
) {
  let wasInterrupted = false
  const { engine, calls } = fakeEngine(async (method, row) => {
    if (method !== 'detect' || row !== at || wasInterrupted) return
    wasInterrupted = true
    interrupt(made.workbench)
    await Promise.resolve()
  })
  const made = await temporaryWorkbench(engine)
  const { workbench, context, slideId } = made
  const { project } = context
  return {
    ...made,
    project,
    calls,
    slide: () => workbench.state().slides[0],
    ids: () => [...project.nuclei.heads(slideId).id],
  }
}

test('the searched area grows from a region to the whole slide, and undo shrinks it again', async () => {
  const { workbench, slideId, slide } = await interruptedAt(-1)
  expect(slide().searched).toEqual([])
  const region = { ...corner, x: 0.4, height: 59.7 }
  await workbench.finished(workbench.detect(slideId, { region }))
  const part = slide().searched
  expect(part, 'whole pixels of it').toContainEqual({ x: 1, y: 0, width: 59, height: 59 })
  const ofPart = await workbench.exportFile(slideId, 'geojson')
  expect(ofPart.inPart).toBe(true)
  expect(basename(ofPart.path), 'a file that is passed on says it, too').toBe('slide-searched-in-part.geojson')
  await workbench.finished(workbench.detect(slideId))
  expect(slide().searched).toBeNull()
  const whole = await workbench.exportFile(slideId, 'geojson')
  expect([whole.inPart, basename(whole.path)]).toEqual([false, 'slide.geojson'])
  workbench.labels.undo()
  expect(slide().searched).toEqual(part)
  workbench.labels.undo()
  expect(slide().searched).toEqual([])
  workbench.labels.redo()
  expect(slide().searched).toEqual(part)
})

test('regions that together cover the slide count as the whole slide', async () => {
  const { workbench, slideId, slide } = await interruptedAt(-1)
  const { width, height } = slide().info
  await workbench.finished(workbench.detect(slideId, { region: { x: 0, y: 0, width: 70, height } }))
  expect(slide().searched).not.toBeNull()
  await workbench.finished(workbench.detect(slideId, { region: { x: 70, y: 0, width: width - 70, height } }))
  expect(slide().searched).toBeNull()
})

test('a cancelled detection keeps its nuclei, and the next one searches only the rest of the slide', async () => {
  const { workbench, slideId, slide, ids, calls } = await interruptedAt(3)
  const job = await workbench.finished(workbench.detect(slideId))
  expect(job.state).toBe('cancelled')
  expect(slide().searched).toEqual([{ x: 0, y: 0, width: 200, height: 3 * grid.step }])
  const before = ids()
  expect(before).toHaveLength(3 * grid.columns)
  await workbench.finished(workbench.detect(slideId, { rest: true }))
  expect(calls.at(-1)?.params).toMatchObject({ searched: [{ x: 0, y: 0, width: 200, height: 3 * grid.step }] })
  expect(ids()).toHaveLength(all)
  expect(ids()).toEqual(expect.arrayContaining(before))
  expect(slide().searched).toBeNull()
  workbench.labels.undo()
  expect(ids()).toEqual(before)
  expect(slide().searched).toEqual([{ x: 0, y: 0, width: 200, height: 3 * grid.step }])
})

test('a job states its region, and when it is resumed it searches only there', async () => {
  const { workbench, slideId, slide, ids } = await interruptedAt(1)
  const region = { x: 0, y: 0, width: 100, height: 60 }
  expect(await workbench.finished(workbench.detect(slideId, { region }))).toMatchObject({ state: 'cancelled', region })
  expect(ids()).toHaveLength(5)
  await workbench.finished(workbench.detect(slideId, { region, rest: true }))
  expect(ids()).toHaveLength(15)
  expect(slide().searched).toEqual([{ x: 0, y: 0, width: 100, height: 60 }])
})

test('after the process dies during a detection, the slide is partly searched', async () => {
  const project = join(temporaryFolder(), 'study.karyon')
  const { workbench, slideId, options } = await interruptedAt(4, ({ path }) => {
    // A copy of the project as it is on disk at this moment.
    for (const end of ['', '-wal']) cpSync(path + end, project + end)
  })
  await workbench.finished(workbench.detect(slideId))
  const again = await Workbench.open({ ...options, project, engine: fakeEngine().engine })
  onTestFinished(() => again.close())
  const [slide] = again.state().slides
  expect(slide.nuclei).toBeGreaterThan(0)
  expect(slide.nuclei).toBeLessThan(all)
  const rows = slide.nuclei / grid.columns
  expect(slide.searched).toEqual([{ x: 0, y: 0, width: 200, height: rows * grid.step }])
})

test('a slide with imported nuclei counts as searched as a whole', async () => {
  const { workbench, slideId, slide } = await interruptedAt(-1)
  await workbench.finished(workbench.detect(slideId, { region: corner }))
  const { path } = await workbench.exportFile(slideId, 'geojson')
  await workbench.finished(workbench.importNuclei(slideId, path, false))
  expect(slide().searched).toBeNull()
  workbench.labels.undo()
  expect(slide().searched).not.toBeNull()
})

test('a detection of the rest of a fully searched slide searches all of it', async () => {
  const { workbench, slideId, slide, ids, calls } = await interruptedAt(-1)
  await workbench.finished(workbench.detect(slideId))
  const before = ids()
  await workbench.finished(workbench.detect(slideId, { rest: true }))
  expect(calls.at(-1)?.params).not.toHaveProperty('searched')
  expect(ids()).toEqual(before)
  expect(slide().searched).toBeNull()
})

test('tissue added after a search counts as not searched, until it is undone', async () => {
  const { workbench, slideId, slide, calls } = await interruptedAt(-1)
  await workbench.finished(workbench.detect(slideId))
  expect(slide().searched).toBeNull()
  const { width, height } = slide().info
  const fat = { slideId, kind: 'added' as const, name: 'fat', outline: [100.5, 20.2, 140, 20.2, 140, 90, 100.5, 90] }
  const { regionId } = workbench.drawing.setRegion(fat)
  const part = [
    { x: 0, y: 0, width, height: 20 },
    { x: 0, y: 20, width: 100, height: 70 },
    { x: 140, y: 20, width: width - 140, height: 70 },
    { x: 0, y: 90, width, height: height - 90 },
  ]
  expect(slide().searched).toEqual(part)
  workbench.drawing.setRegion({ ...fat, id: regionId, name: 'fat, left' })
  expect(slide().searched, 'another name is no other tissue').toEqual(part)
  workbench.labels.undo()
  workbench.labels.undo()
  expect(slide().searched).toBeNull()
  workbench.labels.redo()
  expect(slide().searched).toEqual(part)
  await workbench.finished(workbench.detect(slideId, { rest: true }))
  expect(calls.at(-1)?.params).toMatchObject({ searched: part, areas: [{ kind: 'added' }] })
  expect(slide().searched).toBeNull()
})

test('excluded areas, regions of interest and tissue under imported nuclei do not change the searched area', async () => {
  const { workbench, slideId, slide } = await interruptedAt(-1)
  const outline = [0, 0, 50, 0, 50, 50, 0, 50]
  workbench.drawing.setRegion({ slideId, kind: 'added', name: 'early', outline })
  expect(slide().searched).toEqual([])
  await workbench.finished(workbench.detect(slideId))
  for (const kind of ['interest', 'excluded'] as const)
    workbench.drawing.setRegion({ slideId, kind, name: kind, outline })
  expect(slide().searched).toBeNull()
  const { path } = await workbench.exportFile(slideId, 'geojson')
  const other = await interruptedAt(-1)
  await other.workbench.finished(other.workbench.importNuclei(other.slideId, path, false))
  other.workbench.drawing.setRegion({ slideId: other.slideId, kind: 'added', name: 'fat', outline })
  expect(other.slide().searched).toBeNull()
})
