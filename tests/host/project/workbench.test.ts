import { says } from '../../support/messages.ts'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import {
  attempt,
  FailureError,
  type HostEvent,
  type PretrainParams,
  type ProbeParams,
  inEnglish,
  message,
} from '../../../electron/contract/index.ts'
import { openContext, Workbench } from '../../../electron/host/index.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

async function classified(engine = fakeEngine().engine) {
  const made = await temporaryWorkbench(engine)
  const { workbench, context, slideId } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const ids = () => context.project.nuclei.of(slideId).id
  const shown = () => structuredClone(workbench.shownClasses(slideId))
  const count = (classId: number) => shown().classId.filter((c) => c === classId).length
  return { ...made, ids, shown, count }
}

test('a slide can be opened, searched and classified, and the state shows the result', async () => {
  const { workbench, count } = await classified()
  const state = workbench.state()
  expect(state.classes.map((c) => [c.id, c.name, c.key])).toEqual([
    [1, 'round', '1'],
    [2, 'long', '2'],
  ])
  expect(state.slides[0]).toMatchObject({ name: 'slide.png', nuclei: all, labelled: 0 })
  expect(state.runs).toMatchObject([{ modelId: 'tiny', complete: true }])
  expect(state.jobs.map((j) => [j.kind, j.state])).toEqual([
    ['detect', 'done'],
    ['classify', 'done'],
  ])
  expect([count(0), count(1), count(2)]).toEqual([0, all / 2, all / 2])
})

test('where pixels are not square, finding and classifying say that they used the mean', async () => {
  const { workbench, folder } = await temporaryWorkbench()
  const path = join(folder, 'stretched.tif')
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#e0c0d0' } })
    .tiff({ xres: 4000, yres: 2000 })
    .toFile(path)
  const slideId = await workbench.openSlide(path)
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  for (const { message: told } of workbench.state().jobs)
    expect(told && inEnglish(told)).toContain(
      'not square (0.25 × 0.5 µm). Nuclei are found and classified as if they were, at 0.3536 µm/px',
    )
})

test('labels, undo and redo change the shown classes and nothing else', async () => {
  const { workbench, slideId, ids, count } = await classified()
  const { shownVersion } = workbench.state().slides[0]
  const right = ids().filter((_, i) => workbench.details(slideId, ids()[i]).predictedClassId === 1)
  workbench.labels.set(slideId, right.slice(0, 3), 2)
  expect([count(1), count(2)]).toEqual([all / 2 - 3, all / 2 + 3])
  const state = workbench.state()
  expect(state.slides[0].labelled).toBe(3)
  expect(state.slides[0].shownVersion).toBeGreaterThan(shownVersion)
  expect(state.steps.map((s) => [s.kind, inEnglish(s.title), s.count, s.undone])).toEqual([
    ['nuclei', 'Nuclei found', all, false],
    ['label', '3 nuclei → long', 3, false],
  ])
  expect(workbench.details(slideId, right[0])).toMatchObject({
    predictedClassId: 1,
    labelClassId: 2,
    source: 'detected',
  })
  expect(workbench.labels.undo()?.title).toEqual(says('3 nuclei → long'))
  expect(count(1)).toBe(all / 2)
  expect(workbench.labels.redo()?.title).toEqual(says('3 nuclei → long'))
  workbench.labels.set(slideId, right.slice(0, 1), null)
  expect(workbench.state().slides[0].labelled).toBe(2)
})

test('a fine-tuned model becomes the current one, its classes wait for a decision, and returning to its parent needs one call and no new classification', async () => {
  const { engine, calls } = fakeEngine()
  const { workbench, slideId, ids, count } = await classified(engine)
  const [first] = ids()
  const before = workbench.details(slideId, first).predictedClassId
  workbench.labels.set(slideId, [first], 1)
  const done = await workbench.finished(workbench.train({ method: 'head' }))
  await workbench.idle()
  expect(done).toMatchObject({ state: 'done', loss: 0.25 })
  const finetune = calls.find((call) => call.method === 'finetune')?.params
  expect(finetune).toMatchObject({
    classes: ['round', 'long'],
    slides: [{ index: Uint32Array.of(0), label: Uint16Array.of(0) }],
  })
  const state = workbench.state()
  expect(state.activeModelId).toBe('study-1')
  expect(state.runs.map((r) => [r.modelId, r.complete])).toEqual([
    ['tiny', true],
    ['study-1', true],
  ])
  expect(workbench.details(slideId, first).predictedClassId, 'nobody has seen yet what changes').toBe(before)
  expect(state.slides[0].proposedRunId).toBe(state.runs[1].id)
  workbench.runs.accept(slideId, state.runs[1].id)
  expect(workbench.state().slides[0].proposedRunId).toBeNull()
  expect(workbench.details(slideId, first).predictedClassId).not.toBe(before)
  const callsBefore = calls.length
  workbench.activate('tiny')
  await workbench.idle()
  expect(calls.length).toBe(callsBefore)
  expect(workbench.state().activeModelId).toBe('tiny')
  expect(workbench.details(slideId, first)).toMatchObject({ predictedClassId: before, labelClassId: 1 })
  expect(count(0)).toBe(0)
})

test('if the engine is killed during training, the job fails with a clear message, and labels and model stay unchanged', async () => {
  const { engine } = fakeEngine((method, piece) => {
    if (method === 'finetune' && piece === 2) throw new FailureError('engine', message('bug'))
  })
  const { workbench, slideId, ids, folder } = await classified(engine)
  workbench.labels.set(slideId, [ids()[0]], 1)
  const job = await workbench.finished(workbench.train({ method: 'full' }))
  expect(job).toMatchObject({ state: 'failed', message: message('bug') })
  expect(workbench.state()).toMatchObject({ activeModelId: 'tiny', slides: [{ labelled: 1 }] })
  expect(existsSync(join(folder, 'study-models', 'study-1'))).toBe(false)
})

test('pre-training on the slides makes an encoder that can be chosen and fine-tuned like any other model', async () => {
  const { engine, calls } = fakeEngine()
  const { workbench, slideId, ids } = await classified(engine)
  const job = await workbench.finished(workbench.pretrain({ minutes: 5, start: 'tiny' }))
  expect(job).toMatchObject({ kind: 'pretrain', state: 'done', loss: 9 })
  expect(inEnglish(job.message!)).toContain('In tissue it never saw it predicts 21.0 % of what is masked')
  expect(inEnglish(job.message!)).toContain('train the whole network')
  const { params } = calls.find(({ method }) => method === 'pretrain')!
  expect(params).toMatchObject({ length: { minutes: 5 }, model: 'preset:tiny', losses: ['patches', 'nuclei'] })
  expect((params as PretrainParams).sources.map(({ nuclei }) => nuclei.count)).toEqual([ids().length])
  const state = workbench.state()
  expect(state.activeModelId).toBe('tiny')
  const encoder = state.models.find(({ classes }) => classes.length === 0)!
  const runs = state.runs.length
  workbench.activate(encoder.id)
  await workbench.idle()
  expect(workbench.state().runs).toHaveLength(runs) // an encoder cannot classify
  workbench.labels.set(slideId, [ids()[0]], 1)
  expect((await workbench.finished(workbench.train({ method: 'full' }))).state).toBe('done')
  expect(calls.filter(({ method }) => method === 'finetune').at(-1)?.params).toMatchObject({
    model: expect.stringContaining(encoder.id) as string,
  })
})

test('pre-training goes on from the model in use, and tells by held-out labels whether it helped', async () => {
  const { engine, calls } = fakeEngine()
  const { workbench, slideId, ids } = await classified(engine)
  ids().forEach((id, i) => workbench.labels.set(slideId, [id], 1 + (i % 2)))
  const job = await workbench.finished(workbench.pretrain({ minutes: 5, start: 'model-in-use' }))
  const { params } = calls.find(({ method }) => method === 'pretrain')!
  expect(params).toMatchObject({ model: expect.stringMatching(/tiny$/) as string, untilFlat: true })
  const probes = calls.filter(({ method }) => method === 'probe').map((c) => c.params as ProbeParams)
  expect(probes).toHaveLength(2)
  for (const { train, test } of probes) {
    const learned = new Set(train.flatMap(({ index }) => [...index]))
    expect(test.flatMap(({ index }) => [...index]).filter((i) => learned.has(i))).toEqual([])
  }
  expect(inEnglish(job.message!)).toMatch(
    /Of \d+ labels held out, a classifier on it gets 100.0 % right, on the model in use/,
  )
  expect(workbench.state().models.filter(({ classes }) => classes.length === 0)).toHaveLength(1)
})

test('an encoder that does not help is not kept', async () => {
  const { engine } = fakeEngine(undefined, { encodersTell: false })
  const { workbench, slideId, ids } = await classified(engine)
  ids().forEach((id, i) => workbench.labels.set(slideId, [id], 1 + (i % 2)))
  const models = workbench.state().models.length
  const job = await workbench.finished(workbench.pretrain({ minutes: 5, start: 'model-in-use' }))
  expect(inEnglish(job.message!)).toContain('It does not help, so it was not kept')
  expect(workbench.state().models).toHaveLength(models)
})

test('an encoder is kept if the engine ends while it is compared with the one in use', async () => {
  const { engine } = fakeEngine((method) => {
    if (method === 'probe')
      throw new FailureError('engine', message('engineEnded', { why: message('engineStoppedWithCode', { code: 9 }) }))
  })
  const { workbench, slideId, ids } = await classified(engine)
  ids().forEach((id, i) => workbench.labels.set(slideId, [id], 1 + (i % 2)))
  const job = await workbench.finished(workbench.pretrain({ minutes: 5, start: 'model-in-use' }))
  expect(job.state).toBe('done')
  expect(inEnglish(job.message!)).toContain('Whether it helps is not known')
  expect(workbench.state().models.filter(({ classes }) => classes.length === 0)).toHaveLength(1)
})

test('cancelled pre-training leaves its checkpoint and no model', async () => {
  let cancelAt = () => {}
  const { engine, calls } = fakeEngine((method, piece) => {
    if (method === 'pretrain' && piece === 2) cancelAt()
  })
  const { workbench } = await classified(engine)
  const models = workbench.state().models.length
  const run = async () => {
    const jobId = workbench.pretrain({ minutes: 5, start: 'tiny' })
    cancelAt = () => workbench.cancel(jobId)
    return workbench.finished(jobId)
  }
  expect((await run()).state).toBe('cancelled')
  expect((await run()).state).toBe('cancelled')
  expect(workbench.state().models).toHaveLength(models)
  const [first, second] = calls.filter(({ method }) => method === 'pretrain').map((c) => c.params as PretrainParams)
  expect(second.checkpoint).toBe(first.checkpoint) // the second continues where the first stopped
})

test('if the engine ends at once, the job fails with a clear message, and the host keeps running', async () => {
  const engine = connectEngine((_onReply, onExit) => {
    setImmediate(() => onExit(message('engineEndedBySignal', { signal: 'SIGKILL' })))
    return { pid: 1, send: () => undefined, kill: () => undefined }
  })
  const { workbench, slideId } = await temporaryWorkbench(engine)
  const job = await workbench.finished(workbench.detect(slideId))
  expect(job.state).toBe('failed')
  expect(inEnglish(job.message!)).toContain('ended by SIGKILL')
  expect(workbench.state().slides).toHaveLength(1)
})

test('a cancelled classification keeps its predictions, and the next one continues from them', async () => {
  let cancelAt = () => {}
  const { engine, calls } = fakeEngine((method, piece) => {
    if (method === 'classify' && piece === 3) cancelAt()
  })
  const { workbench, slideId } = await temporaryWorkbench(engine)
  workbench.detect(slideId)
  const jobId = workbench.classify(slideId)
  cancelAt = () => workbench.cancel(jobId)
  expect((await workbench.finished(jobId)).state).toBe('cancelled')
  cancelAt = () => {}
  const half = structuredClone(workbench.shownClasses(slideId))
  expect(half.classId.filter((c) => c > 0)).toHaveLength(3 * grid.columns)
  expect((await workbench.finished(workbench.classify(slideId))).state).toBe('done')
  const params = calls.at(-1)?.params
  expect(params && 'only' in params && params.only?.length).toBe(all - 3 * grid.columns)
  expect(workbench.state().runs).toMatchObject([{ complete: true }])
})

test('if an outline is redrawn during the classification, the prediction of the old outline is not shown for the new one', async () => {
  let redraw = () => {}
  const { engine } = fakeEngine((method, piece) => {
    if (method === 'classify' && piece === 1) redraw()
  })
  const { workbench, context, slideId } = await temporaryWorkbench(engine)
  workbench.detect(slideId)
  await workbench.idle()
  const { views, project } = context
  const id = project.nuclei.heads(slideId).id[25]
  redraw = () => {
    workbench.drawing.edit(slideId, { kind: 'redraw', id, outline: [0, 0, 30, 0, 30, 30] })
    views.shownClasses(slideId)
  }
  await workbench.finished(workbench.classify(slideId))
  const { classId } = views.shownClasses(slideId)
  expect([...classId.keys()].filter((i) => classId[i] === 0)).toEqual([project.nuclei.positionOf(slideId, id)])
})

test('a cancelled second detection leaves the first one unchanged', async () => {
  let cancelAt = () => {}
  const { engine } = fakeEngine((method, piece) => {
    if (method === 'detect' && piece === 3) cancelAt()
  })
  const { workbench, context, slideId } = await temporaryWorkbench(engine)
  await workbench.finished(workbench.detect(slideId))
  const ids = [...context.project.nuclei.of(slideId).id]
  const jobId = workbench.detect(slideId)
  cancelAt = () => workbench.cancel(jobId)
  expect((await workbench.finished(jobId)).state).toBe('cancelled')
  expect([...context.project.nuclei.of(slideId).id]).toEqual(ids)
})

test('a second detection keeps ids and labels, and a detection in a region adds nuclei', async () => {
  const { workbench, context, slideId } = await temporaryWorkbench()
  await workbench.finished(workbench.detect(slideId, { region: { x: 0, y: 0, width: 60, height: 60 } }))
  const nuclei = () => context.project.nuclei.of(slideId)
  expect(nuclei().count).toBe(9)
  const labelledId = nuclei().id[4]
  workbench.labels.set(slideId, [labelledId], 2)
  await workbench.finished(workbench.detect(slideId))
  expect(nuclei().count).toBe(all)
  expect(new Set(nuclei().id).size).toBe(all)
  expect(workbench.details(slideId, labelledId).labelClassId).toBe(2)
  expect(workbench.state().slides[0].labelled).toBe(1)
})

test('an export contains every nucleus, and importing it elsewhere restores nuclei and human labels', async () => {
  const { workbench, slideId, ids, folder, slide, options } = await classified()
  workbench.labels.set(slideId, [ids()[0], ids()[7]], 2)
  const { path, nuclei } = await workbench.exportFile(slideId, 'geojson')
  expect(nuclei).toBe(all)
  expect((JSON.parse(readFileSync(path, 'utf8')) as { features: unknown[] }).features).toHaveLength(all)
  expect((await workbench.exportFile(slideId, 'geojson')).path).not.toBe(path)

  const other = await Workbench.open({ ...options, project: join(folder, 'other.karyon'), engine: fakeEngine().engine })
  try {
    const otherId = await other.openSlide(slide, 0.25)
    const job = await other.finished(other.importNuclei(otherId, path, true))
    expect(job).toMatchObject({ state: 'done', message: says(`${all} nuclei imported, 2 with a label.`) })
    expect(other.state().slides[0]).toMatchObject({ nuclei: all, labelled: 2 })
  } finally {
    await other.close()
  }
})

test('a slide of unknown scale must be given its scale only once', async () => {
  const { workbench, folder } = await temporaryWorkbench()
  const path = join(folder, 'unknown scale.png')
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#fff' } })
    .png()
    .toFile(path)
  expect(await attempt(() => workbench.openSlide(path))).toMatchObject({ ok: false, failure: { kind: 'no-scale' } })
  const slideId = await workbench.openSlide(path, 0.5)
  expect(await workbench.openSlide(path)).toBe(slideId)
  expect(workbench.state().slides.at(-1)?.info.mpp).toMatchObject({ x: 0.5 })
})

test('a job that has nothing to work on is refused with a clear message', async () => {
  const { workbench, slideId, folder } = await temporaryWorkbench()
  writeFileSync(join(folder, 'empty.geojson'), '{"type":"FeatureCollection","features":[]}')
  for (const [work, kind] of [
    [() => workbench.classify(slideId), 'empty'],
    [() => workbench.train({ method: 'head' }), 'empty'],
    [() => workbench.detect(99), 'not-found'],
    [() => workbench.activate('nobody'), 'not-found'],
    [() => workbench.details(slideId, 1), 'not-found'],
  ] as const)
    expect(await attempt(() => void work())).toMatchObject({ ok: false, failure: { kind } })
  const job = await workbench.finished(workbench.importNuclei(slideId, join(folder, 'empty.geojson'), true))
  expect(job).toMatchObject({ state: 'failed', message: says('holds no nuclei') })
})

test('a project that is already open elsewhere is refused with a clear message', async () => {
  const { options } = await temporaryWorkbench()
  const second = attempt(() => Workbench.open({ ...options, engine: fakeEngine().engine }))
  expect(await second).toMatchObject({ ok: false, failure: { kind: 'busy' } })
})

test('a listener gets the state at once and then changes and notices, and nothing more after it leaves', async () => {
  const { workbench } = await temporaryWorkbench()
  const leave = new AbortController()
  const events: HostEvent[] = []
  const listening = (async () => {
    for await (const event of workbench.events(leave.signal)) {
      events.push(event)
      if (events.length === 1) workbench.reader = 'Dr Ada'
      if (event.kind === 'patch' && event.patch.reader === 'Dr Ada') workbench.notice('info', message('onShare'))
      if (event.kind === 'notice') leave.abort()
    }
  })()
  await listening
  expect(events.map((e) => e.kind)).toEqual(['state', 'patch', 'notice'])
})

test('moved slides are reported when a project is opened, and all are found once one is opened at its new path', async () => {
  const { workbench, options, slide, folder } = await temporaryWorkbench()
  const second = join(folder, 'second.png')
  await sharp({ create: { width: 32, height: 32, channels: 3, background: '#fff' } })
    .png()
    .toFile(second)
  const secondId = await workbench.openSlide(second, 0.5)
  await workbench.close()
  mkdirSync(join(folder, 'Neues Labor'))
  for (const path of [slide, second]) renameSync(path, join(folder, 'Neues Labor', basename(path)))
  const context = await openContext({ ...options, engine: fakeEngine().engine })
  const again = new Workbench(context)
  onTestFinished(() => again.close())
  const leave = new AbortController()
  for await (const event of again.events(leave.signal))
    if (event.kind === 'notice') {
      expect(inEnglish(event.message)).toContain('2 slides are not where they were')
      leave.abort()
    }
  await again.openSlide(join(folder, 'Neues Labor', 'slide.png'))
  expect(context.project.slides.locate(secondId)).toBe(join(folder, 'Neues Labor', 'second.png'))
  await expect.poll(() => context.project.slides.get(secondId).fullHash).toMatch(/^[0-9a-f]{64}$/)
})
