import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { inEnglish, type FinetuneParams, type HoldOut, type LabelledSlide } from '../../../electron/contract/index.ts'
import { withLoss } from '../../../electron/host/state/jobQueue.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows
const auto: HoldOut = { kind: 'auto' }

/** A classified slide, of which the first `labelled` nuclei have alternating classes. */
async function labelled(labels = all) {
  const { engine, calls } = fakeEngine()
  const made = await temporaryWorkbench(engine)
  const { workbench, context, folder } = made
  const label = (slideId: number, from = 0, to = labels) => {
    const { id } = context.project.nuclei.heads(slideId)
    for (const c of [0, 1]) {
      const ids = id.subarray(from, to).filter((_, i) => i % 2 === c)
      if (ids.length > 0) workbench.labels.set(slideId, ids, 1 + c)
    }
  }
  /** Opens another slide, unlike the others, with the same grid of nuclei. */
  const another = async (n: number) => {
    const path = join(folder, `slide-${n}.png`)
    await sharp({ create: { width: 300, height: 200, channels: 3, background: { r: 200, g: 150, b: 10 + n } } })
      .png()
      .toFile(path)
    const slideId = await workbench.openSlide(path, 0.25)
    workbench.detect(slideId)
    await workbench.idle()
    return slideId
  }
  const train = async (holdOut: HoldOut) => {
    const job = await workbench.finished(workbench.train({ method: 'head', holdOut }))
    await workbench.idle()
    const params = calls.filter(({ method }) => method === 'finetune').at(-1)?.params as FinetuneParams
    return { job, learned: placesOf(params.slides), heldOut: placesOf(params.heldOut?.slides ?? []) }
  }
  workbench.detect(made.slideId)
  workbench.classify(made.slideId)
  await workbench.idle()
  label(made.slideId)
  return { ...made, label, another, train }
}

/** Slide and position of each label. */
const placesOf = (slides: readonly LabelledSlide[]): string[] =>
  slides.flatMap(({ slide, index }) => [...index].map((i) => `${slide} ${i}`))
const columnOf = (place: string) => Number(place.split(' ').at(-1)) % grid.columns
const rowOf = (place: string) => Math.floor(Number(place.split(' ').at(-1)) / grid.columns)

test('of one slide, whole regions are held out: no nucleus that is learned from lies among those that are not', async () => {
  const { workbench, train } = await labelled()
  const plan = workbench.trainingPlan(auto)
  expect([plan.learned + plan.heldOut, plan.leftOut]).toEqual([all, 0])
  expect(inEnglish(plan.what)).toContain('not on others')
  const { learned, heldOut } = await train(auto)
  expect([learned.length, heldOut.length]).toEqual([plan.learned, plan.heldOut])
  expect(heldOut.length).toBeGreaterThanOrEqual(20)
  expect(new Set([...learned, ...heldOut]).size).toBe(all)
  // Inside of a region, all four neighbours are held out too.
  const held = new Set(heldOut.map((place) => `${columnOf(place)} ${rowOf(place)}`))
  const alone = [...held].filter((place) => {
    const [x, y] = place.split(' ').map(Number)
    return ![`${x - 1} ${y}`, `${x + 1} ${y}`, `${x} ${y - 1}`, `${x} ${y + 1}`].some((one) => held.has(one))
  })
  expect(alone).toEqual([])
})

test('the next training from the new model holds out the same regions, and what was labelled there since', async () => {
  const { label, slideId, train } = await labelled(all)
  const first = await train(auto)
  label(slideId)
  const second = await train(auto)
  expect(second.heldOut).toEqual(first.heldOut)
  expect(second.learned).toEqual(first.learned)
})

test('after a training that held nothing out, no label it learned from is held out; another slide can be', async () => {
  const { workbench, label, another, train } = await labelled()
  await train({ kind: 'none' })
  const plan = workbench.trainingPlan(auto)
  expect([plan.heldOut, inEnglish(plan.what)]).toEqual([0, expect.stringContaining('has already learned from these')])
  const chosen = workbench.trainingPlan({ kind: 'slides', slideIds: [1] })
  expect([chosen.learned, chosen.heldOut, chosen.leftOut]).toEqual([0, 0, all])
  expect(chosen.advice.map(inEnglish)[0]).toContain('has learned from them before')
  expect(() => workbench.train({ method: 'head', holdOut: { kind: 'slides', slideIds: [1] } })).toThrow(
    /nothing to learn from/,
  )
  const second = await another(2)
  label(second)
  const { learned, heldOut } = await train(auto)
  expect(heldOut.length).toBeGreaterThanOrEqual(20)
  expect(heldOut.every((place) => place.includes('slide-2.png'))).toBe(true)
  expect(learned.length + heldOut.length).toBe(2 * all)
})

test('a model of this project of which nobody knows what it learned from counts as having seen every label', async () => {
  const { workbench, context, train } = await labelled()
  await train(auto)
  context.project.settings.set('learnedFrom', '{}')
  expect(workbench.trainingPlan(auto).heldOut).toBe(0)
})

test('of four labelled slides or more, whole slides are held out', async () => {
  const { label, another, train, workbench } = await labelled(30)
  for (const n of [2, 3, 4]) label(await another(n), 0, 30)
  const { learned, heldOut } = await train(auto)
  const slides = (places: string[]) => new Set(places.map((place) => place.split(' ')[0]))
  expect([...slides(heldOut)].filter((slide) => slides(learned).has(slide))).toEqual([])
  expect(heldOut).toHaveLength(30)
  const plan = workbench.trainingPlan(auto)
  expect(inEnglish(plan.what)).toContain('that is how it will do on slides that it has not seen')
  expect(plan.slides.map(({ classes }) => classes.reduce((n, { labels }) => n + labels, 0))).toEqual([30, 30, 30, 30])
})

test('with too few labels nothing is held out, and a sentence says what to label', async () => {
  const { workbench, train } = await labelled(40)
  const plan = workbench.trainingPlan(auto)
  expect([plan.learned, plan.heldOut]).toEqual([40, 0])
  expect(inEnglish(plan.what)).toMatch(/there are 40 labels, and it takes about 60.+Label more nuclei/)
  const { heldOut } = await train(auto)
  expect(heldOut).toEqual([])
  expect(workbench.state().models.at(-1)?.heldOut).toBeNull()
})

test('slides that the user leaves out are not learned from, and what is too little to judge is said', async () => {
  const { workbench, label, another, train } = await labelled()
  const second = await another(2)
  label(second, 0, 25)
  const holdOut: HoldOut = { kind: 'slides', slideIds: [second] }
  const plan = workbench.trainingPlan(holdOut)
  expect([plan.learned, plan.heldOut]).toEqual([all, 25])
  expect(inEnglish(plan.what)).toContain('as you chose: slide-2.png, with 25 labels')
  label(second, 15, 25)
  workbench.labels.set(second, workbench.nuclei(second).id.subarray(8, 25), null)
  expect(workbench.trainingPlan(holdOut).advice.map(inEnglish)).toEqual([
    '8 held-out labels are too few to say how right the model is: label at least 20 in what is held out.',
  ])
  const { heldOut } = await train(holdOut)
  expect(heldOut).toHaveLength(8)
})

test('the new model carries its score before and after, also when the project is opened again', async () => {
  const { workbench, train } = await labelled()
  const { job } = await train(auto)
  const { heldOut, title } = workbench.state().models.find(({ id }) => id === 'study-1')!
  expect(title).toMatch(/^Model 1 \(last layer, \d+ labels\)$/)
  expect(heldOut).toMatchObject({ classes: ['round', 'long'], after: { accuracy: { mean: 1 } } })
  expect(heldOut!.before!.accuracy!.mean).toBeLessThan(0.6)
  expect(heldOut!.gain!.low).toBeGreaterThan(0)
  expect(inEnglish(job.message!)).toMatch(/It agrees with 100\.0 % \(95%: .+ to 100\.0 %\) of \d+ labels held out/)
  expect(job.losses).toEqual([1, 2, 3, 4].map((at) => ({ at, loss: 1 / at, heldOut: 2 / at })))
})

test('the curve of losses begins again with the next stage, keeps every held-out loss, and stays short', () => {
  const point = (at: number, loss: number | null, heldOut: number | null = null) => ({ at, loss, heldOut })
  const curveOf = (points: ReturnType<typeof point>[]) =>
    points.reduce((losses, one) => withLoss(losses, one), [] as ReturnType<typeof withLoss>)
  const first = curveOf([point(1, 3), point(2, 2)])
  expect(withLoss(first, point(2, null, 0.5))).toEqual([point(1, 3), point(2, 2, 0.5)])
  expect(withLoss(first, point(0, 9))).toEqual([point(0, 9)])
  const long = Array.from({ length: 1000 }, (_, k) => point(k, k, k % 100 === 0 ? k : null))
  const curve = curveOf(long)
  expect(curve.length).toBeLessThanOrEqual(200)
  expect(curve.filter(({ heldOut }) => heldOut !== null)).toHaveLength(10)
  expect(curve.at(-1)).toEqual(long.at(-1))
  expect(curve.map(({ at }) => at)).toEqual(curve.map(({ at }) => at).toSorted((a, b) => a - b))
})
