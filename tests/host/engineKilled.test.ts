import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { answers, sayIn, type EngineMethod, type Message } from '../../electron/contract/index.ts'
import { openContext, Workbench } from '../../electron/host/index.ts'
import { forecastLabels } from '../../electron/host/review/forecastLabels.ts'
import { nearestLabels, surroundingsOf } from '../../electron/host/review/whyNucleus.ts'
import { slideChanged } from '../../electron/host/state/context.ts'
import { connectEngine, type Engine } from '../../electron/launch/engineClient.ts'
import { temporaryFolder } from '../store/temporary.ts'
import { writeColourSlide } from '../support/colourSlide.ts'
import { writeTrainedSmallModel } from '../support/smallModel.ts'

/**
 * The real engine process, ended by SIGKILL while it works, as the system does when memory runs out. The network is small;
 * everything else is what ships.
 */
const made: { models?: string; slide?: Awaited<ReturnType<typeof writeColourSlide>> } = {}
const ended: (() => void)[] = []
beforeAll(async () => {
  const folder = temporaryFolder((undo) => ended.push(undo))
  made.models = join(folder, 'built-in')
  mkdirSync(made.models)
  await writeTrainedSmallModel(join(made.models, 'he-classes'))
  made.slide = await writeColourSlide(folder)
})
afterAll(() => ended.forEach((undo) => undo()))

/** An engine that is killed as soon as it is called with `armed.method`; each time it is armed, once. */
function mortalEngine(): { engine: Engine; arm: (method: EngineMethod) => void; killed: () => number } {
  const real = connectEngine()
  let [armed, kills]: [EngineMethod | undefined, number] = [undefined, 0]
  const engine: Engine = {
    get pid() {
      return real.pid
    },
    call(method, params, options) {
      const call = real.call(method, params, options)
      if (method === armed && real.pid !== undefined) {
        armed = undefined
        kills++
        process.kill(real.pid, 'SIGKILL')
      }
      return call
    },
    close: () => real.close(),
  }
  return { engine, arm: (method) => (armed = method), killed: () => kills }
}

/** A classified slide with a label by a person on every other nucleus, the true class. */
async function labelled() {
  const mortal = mortalEngine()
  const project = join(temporaryFolder(), 'study.karyon')
  const context = await openContext({
    ...{ project, builtInModels: made.models ?? '', version: '0.0.0' },
    engine: mortal.engine,
  })
  const workbench = new Workbench(context)
  onTestFinished(() => workbench.close())
  workbench.live.switch(false)
  const { slide, nuclei, truth } = made.slide!
  const slideId = await workbench.openSlide(slide, 0.5)
  context.project.transact(() => context.project.nuclei.append(slideId, nuclei))
  slideChanged(context, slideId)
  expect(await workbench.finished(workbench.classify(slideId))).toMatchObject({ state: 'done' })
  const { id, box } = context.project.nuclei.heads(slideId)
  const classes = context.project.classes.all()
  // The project keeps nuclei in an order of its own.
  const trueClass = (i: number) => {
    const at = Array.from(nuclei.id.keys()).find(
      (k) => nuclei.box[4 * k] === box[4 * i] && nuclei.box[4 * k + 1] === box[4 * i + 1],
    )
    return classes[truth[at ?? 0]].id
  }
  for (const { id: classId } of classes) {
    const own = [...id.keys()].filter((i) => i % 2 === 0 && trueClass(i) === classId)
    workbench.labels.set(
      slideId,
      own.map((i) => id[i]),
      classId,
    )
  }
  const labels = () => [...context.project.labels.labelsOf(id)]
  return { ...mortal, workbench, context, slideId, id, labels }
}

const sentence = (said: Message | null) => (said ? sayIn('en', said) : '')
const itEnded = expect.stringMatching(/engine process ended .* Labels are safe/)

test('a killed training keeps model, runs and labels, says so, and the next one ends', async () => {
  const { workbench, context, slideId, labels, arm } = await labelled()
  const before = {
    labels: labels(),
    model: context.models.inUse().id,
    run: context.project.slides.get(slideId).activeRunId,
  }
  arm('finetune')
  const failed = await workbench.finished(workbench.train({ method: 'head' }))
  expect([failed.state, sentence(failed.message)]).toEqual(['failed', itEnded])
  expect({
    labels: labels(),
    model: context.models.inUse().id,
    run: context.project.slides.get(slideId).activeRunId,
  }).toEqual(before)
  expect(await workbench.finished(workbench.train({ method: 'head' }))).toMatchObject({ state: 'done' })
  await workbench.idle()
  expect(context.models.inUse().id).not.toBe(before.model)
  expect(labels()).toEqual(before.labels)
})

test('a killed classification of what would change is gone on with, and what it changes can then be compared', async () => {
  const { workbench, context, slideId, arm, labels } = await labelled()
  const before = labels()
  const [first] = workbench.state().runs
  arm('classify')
  const failed = await workbench.finished(workbench.classify(slideId, { isProposal: true }))
  expect([failed.state, sentence(failed.message)]).toEqual(['failed', itEnded])
  // Comparing needs no engine, and the slide shows what it showed.
  expect(workbench.runs.difference(slideId, null, first.id).same).toBeGreaterThan(0)
  expect(context.project.slides.get(slideId).activeRunId).toBe(first.id)
  expect(await workbench.finished(workbench.classify(slideId, { isProposal: true }))).toMatchObject({ state: 'done' })
  expect(labels()).toEqual(before)
})

test('killed while it learns from labels, it says so, and the next label teaches all of them', async () => {
  const { workbench, slideId, id, labels, arm, killed, context } = await labelled()
  workbench.live.switch(true)
  const [one] = context.project.classes.all()
  arm('tryHead')
  workbench.labels.set(slideId, [id[1]], one.id)
  await workbench.live.learned()
  const { learning } = workbench.state()
  expect([killed(), sentence(learning.obstacle)]).toEqual([1, itEnded])
  workbench.labels.set(slideId, [id[3]], one.id)
  await workbench.live.learned()
  const now = workbench.state().learning
  expect([now.obstacle, now.last?.labels]).toEqual([null, labels().filter(Boolean).length])
})

test('a killed map is made again', async () => {
  const { workbench, slideId, arm } = await labelled()
  arm('embed')
  const failed = await workbench.finished(workbench.embed(slideId))
  expect([failed.state, sentence(failed.message)]).toEqual(['failed', itEnded])
  expect(workbench.state().slides[0].map).toBeNull()
  expect(await workbench.finished(workbench.embed(slideId))).toMatchObject({ state: 'done' })
  expect(workbench.state().slides[0].map).not.toBeNull()
})

test('killed while labels are compared, forecast or explained, each says so and answers when asked again', async () => {
  const { workbench, context, slideId, id, arm } = await labelled()
  const questions: [EngineMethod, () => Promise<unknown>][] = [
    ['suspects', () => workbench.review.list(slideId, { kind: 'suspects' })],
    ['learningCurve', () => forecastLabels(context)],
    ['alike', () => workbench.review.list(slideId, { kind: 'alike', nucleusId: id[0] })],
    ['surroundings', () => surroundingsOf(context, slideId, id[0])],
    ['nearestLabelled', () => nearestLabels(context, slideId, id[0])],
    ['attention', () => workbench.attention(slideId, id[0])],
  ]
  for (const [method, ask] of questions) {
    arm(method)
    const error = await ask().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error, method).toMatchObject({ failure: { kind: 'engine' } })
    expect(sentence((error as { failure: { message: Message } }).failure.message), method).toEqual(itEnded)
    expect(await ask(), method).toBeTruthy()
  }
  // The two that take long are jobs, with their end in words.
  const jobs = workbench.state().jobs.filter(({ kind }) => kind === 'suspects' || kind === 'forecast')
  expect(jobs.map(({ kind, state }) => [kind, state])).toEqual([
    ['suspects', 'failed'],
    ['suspects', 'done'],
    ['forecast', 'failed'],
    ['forecast', 'done'],
  ])
})

test('an audit needs no engine: killed in its middle, all its answers stay', async () => {
  const { workbench, slideId, engine, context, id } = await labelled()
  const { audits } = workbench.review
  const drawn = audits.begin(slideId, 20)
  const [one] = context.project.classes.all()
  for (let k = 0; k < drawn; k++) {
    if (k === 8 && engine.pid !== undefined) process.kill(engine.pid, 'SIGKILL')
    const [next] = audits.open(slideId)?.left ?? []
    workbench.labels.set(slideId, [next], k % 5 ? one.id : answers.notSure, 'audit')
  }
  expect(audits.report(slideId).result).toMatchObject({ nuclei: 20, of: id.length })
})
