import { join } from 'node:path'
import fc from 'fast-check'
import { createPinia } from 'pinia'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watch } from 'vue'
import { attempt, decodePredicted, inProject, type HostEvent } from '../../electron/contract/index.ts'
import { binaryResponse } from '../../electron/host/http/binaryRoutes.ts'
import type { Workbench } from '../../electron/host/index.ts'
import type { ProjectContext } from '../../electron/host/state/context.ts'
import { SlideViews } from '../../electron/host/state/slideViews.ts'
import { colouringOf, type ColourBy } from '../../renderer/features/nuclei/classes/colouring.ts'
import {
  densityBins,
  densityPicture,
  repaintDensity,
  type DensityPicture,
} from '../../renderer/features/nuclei/overlay/density.ts'
import { putStates, stateWords } from '../../renderer/features/nuclei/overlay/states.ts'
import { grid } from './fakeEngine.ts'
import { writeModel } from './modelFolders.ts'
import { temporaryWorkbench } from './temporaryWorkbench.ts'

let workbench: Workbench
let context: ProjectContext
/** Answers about shown classes wait for this promise. */
let shownMay: () => Promise<void> = () => Promise.resolve()
/** Delays of the next answers on their way to a page, ms. `isNextLost`: the next patch is lost. */
let delays: number[] = []
let isNextLost = false

const arrived = () => new Promise((resolve) => setTimeout(resolve, delays.pop() ?? 0))

async function* received(events: AsyncGenerator<HostEvent>): AsyncGenerator<HostEvent> {
  for await (const event of events) {
    const isLost = event.kind === 'patch' && isNextLost
    if (isLost) isNextLost = false
    // A copy through JSON, as over a network: later changes in the host must not reach the page this way.
    else yield JSON.parse(JSON.stringify(event)) as HostEvent
  }
}

vi.mock('../../renderer/host/client.ts', () => ({
  host: {
    state: () => Promise.resolve(structuredClone(workbench.state())),
    events: (_input: undefined, { signal }: { signal: AbortSignal }) =>
      Promise.resolve(received(workbench.events(signal))),
  },
  failureOf: () => undefined,
  showOpening: () => undefined,
  async fetchBytes(route: string, signal?: AbortSignal) {
    await arrived()
    if (route.includes('/shown')) await shownMay()
    const { opening } = workbench
    const path = new URL(route, 'http://host').pathname
    const request = new Request(new URL(inProject(opening, route), 'http://host'), { signal })
    const answer = await binaryResponse({ workbench, context }, request, opening, path)
    const bytes = new Uint8Array(await answer!.arrayBuffer())
    await arrived()
    if (!answer!.ok) throw new Error(new TextDecoder().decode(bytes))
    return answer!.headers.get('content-encoding') === 'gzip'
      ? new Uint8Array(
          await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer(),
        )
      : bytes
  },
}))
// The viewer's components need a browser, so only its store is loaded.
vi.mock('../../renderer/features/viewer/index.ts', () => import('../../renderer/features/viewer/store.ts'))

const { useNuclei } = await import('../../renderer/features/nuclei/store.ts')
const { useProject } = await import('../../renderer/host/index.ts')

const extent = { left: 0, top: 0, width: 300, height: 200 }

/** Opens a separate page of the open project. It closes when `leave` is aborted. */
function openPage(leave: AbortSignal) {
  const pinia = createPinia()
  const nuclei = useNuclei(pinia)
  const project = useProject(pinia)
  void project.follow(leave)
  return { nuclei, project, frame: framesOf(nuclei) }
}
type Page = ReturnType<typeof openPage>

/** Draws the texels and the density picture as an overlay does: it updates them if it can, else makes them anew. */
function framesOf(nuclei: ReturnType<typeof useNuclei>) {
  let kept: { key: unknown[]; version: number; words: Uint32Array; picture: DensityPicture } | undefined
  return {
    draw() {
      const { displayed, colouring, slots, palette } = nuclei
      if (!displayed || !colouring || !nuclei.nuclei) throw new Error('The page has no nuclei yet.')
      const { shown, changes } = displayed
      const scene = { shown, slots, colouring, palette }
      const bins = densityBins(nuclei.nuclei, extent)
      const key = [displayed, colouring, slots, palette]
      const changed = kept?.key.every((one, k) => one === key[k]) ? changes.since(kept.version) : null
      if (kept && changed) {
        putStates(kept.words, scene, changed)
        const isKept = repaintDensity(kept.picture, bins, nuclei.nuclei, scene, changed)
        kept = { ...kept, version: changes.version, ...(!isKept && { picture: densityPicture(bins, scene) }) }
      } else kept = { key, version: changes.version, words: stateWords(scene), picture: densityPicture(bins, scene) }
      return kept
    },
  }
}

const all = grid.columns * grid.rows
const index = fc.nat(all - 1)
const several = fc.uniqueArray(index, { minLength: 1, maxLength: all })
const few = fc.uniqueArray(index, { minLength: 1, maxLength: 5 })
const classId = fc.constantFrom(1, 2, null)
const act = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({ kind: fc.constant('label' as const), at: few, classId, isRefused: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('labelMany' as const), at: several, classId }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('undo' as const) }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('redo' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('goTo' as const), step: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('model' as const), isTurned: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('accept' as const), at: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redraw' as const), at: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: few }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('outside' as const), x: fc.nat(150) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('region' as const), x: fc.nat(150) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('lose' as const) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('veil' as const), at: few }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('colour' as const),
      by: fc.constantFrom<ColourBy>('class', 'agreement', 'margin', 'source'),
    }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(150) }) },
)
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

const square = (x: number, y = 0, side = 60) => [x, y, x + side, y, x + side, y + side, x, y + side]

/** Versions of the shown classes that contain the labels of a page, by step. */
const labels = new Map<number, number>()

async function perform(one: Act, page: Page, slideId: number): Promise<void> {
  const { project } = context
  const { id } = project.nuclei.heads(slideId)
  const idsOf = (at: readonly number[]) => [...new Set(at.map((i) => id[i % id.length]))]
  const label = async (at: readonly number[], classId: number | null, isRefused: boolean) => {
    const settle = page.nuclei.showEdit(slideId, idsOf(at), classId)
    if (!isRefused) workbench.labels.set(slideId, idsOf(at), classId)
    const savedIn = isRefused ? null : context.views.version(slideId)
    await arrived()
    settle(savedIn)
    labels.set(project.log.steps(1)[0]?.id ?? 0, savedIn ?? 0)
  }
  const undo = async () => {
    const next = page.project.state?.steps.findLast(({ move }) => move === 'undo')
    const stopShowing = next && page.nuclei.showUndo(slideId, labels.get(next.id) ?? -1)
    await arrived()
    if (workbench.labels.undo()?.id !== next?.id) stopShowing?.()
  }
  // An action that is not possible now is refused and changes nothing.
  await attempt(async () => {
    switch (one.kind) {
      case 'label':
        return label(one.at, one.classId, one.isRefused)
      case 'labelMany':
        return label(one.at, one.classId, false)
      case 'undo':
        return undo()
      case 'redo':
        return void workbench.labels.redo()
      case 'goTo':
        return void workbench.labels.goTo(workbench.state().steps.at(-1 - one.step)?.id ?? 0)
      case 'model':
        return workbench.activate(workbench.state().models[one.isTurned ? 1 : 0].id)
      case 'accept': {
        const run = workbench.state().runs.at(0)
        const { box } = project.nuclei.heads(slideId)
        const x = box[4 * (one.at % id.length)]
        if (run) workbench.runs.accept(slideId, run.id, { rect: { x, y: 0, width: 50, height: 300 } })
        return
      }
      case 'redraw':
        return void workbench.drawing.edit(slideId, { kind: 'redraw', id: idsOf([one.at])[0], outline: square(20, 20) })
      case 'remove':
        return void workbench.drawing.edit(slideId, { kind: 'remove', ids: idsOf(one.at) })
      case 'outside':
        return void workbench.drawing.setRegion({ slideId, kind: 'excluded', name: 'pen', outline: square(one.x) })
      case 'region':
        return void workbench.drawing.setRegion({ slideId, name: 'part', outline: square(one.x) })
      case 'lose':
        return void (isNextLost = true)
      case 'veil':
        page.nuclei.veils = new Map(idsOf(one.at).map((nucleus) => [nucleus, { classId: 2, p: 0.5 }]))
        return
      case 'colour':
        page.nuclei.colourBy = one.by
        return
      case 'look':
        // Makes the host compute the columns, as a review list or an export does.
        return void context.views.shownClasses(slideId)
      case 'wait':
        return new Promise<void>((resolve) => setTimeout(resolve, one.ms))
    }
  })
}

/** Returns what must be shown and counted, computed from the project alone. */
function fromScratch(slideId: number) {
  const views = new SlideViews(context.project, context.tissue)
  const predicted = decodePredicted(views.predicted(slideId))
  return { shown: views.shownClasses(slideId), counts: views.counts(slideId).byClass(), predicted }
}

/** Expects that the page draws the same as if it were opened now. */
function expectUpToDate({ nuclei, project, frame }: Page, slideId: number): void {
  const { shown, counts, predicted } = fromScratch(slideId)
  expect(project.state).toEqual(JSON.parse(JSON.stringify(workbench.state())))
  expect(nuclei.nuclei?.id).toEqual(context.project.nuclei.heads(slideId).id)
  expect({ ...nuclei.displayed?.shown }).toEqual(shown)
  expect(nuclei.counts).toEqual(counts)
  expect(nuclei.outside).toBe(workbench.state().slides[0].outside)
  expect(nuclei.colouring?.by).toBe(nuclei.colourBy)
  const colouring = colouringOf(nuclei.colourBy, nuclei.classes, shown, predicted)
  const scene = { shown, slots: nuclei.slots, colouring, palette: nuclei.palette }
  const { words, picture } = frame.draw()
  expect(words).toEqual(stateWords(scene))
  const { pixels } = densityPicture(densityBins(nuclei.nuclei!, extent), scene)
  expect(picture.pixels).toEqual(pixels)
}

async function classified() {
  const made = await temporaryWorkbench()
  workbench = made.workbench
  context = made.context
  workbench.detect(made.slideId)
  workbench.classify(made.slideId)
  await workbench.idle()
  const leave = new AbortController()
  onTestFinished(() => leave.abort())
  return { ...made, leave: leave.signal }
}

test('the undo of a label is shown before the host answers, and taken back if the host undid something else', async () => {
  const { slideId, leave } = await classified()
  const { nuclei, project } = openPage(leave)
  const isShown = (classId: number, labelled: number) => {
    expect([nuclei.shown?.classId[4], nuclei.shown?.labelled[4]]).toEqual([classId, labelled])
    expect(nuclei.shown?.confidence[4]).toBe(confidence)
  }
  await vi.waitFor(() => expect(nuclei.shown?.classId[4]).toBeGreaterThan(0), 10_000)
  const [before, confidence] = [nuclei.shown!.classId[4], nuclei.shown!.confidence[4]]
  const other = before === 1 ? 2 : 1
  const nucleus = context.project.nuclei.heads(slideId).id[4]
  expect(nuclei.showUndo(slideId, context.views.version(slideId)), 'nothing was labelled yet').toBeNull()
  workbench.labels.set(slideId, [nucleus], other)
  await vi.waitFor(() => isShown(other, 1))

  const stopShowing = nuclei.showUndo(slideId, context.views.version(slideId))
  isShown(before, 0)
  stopShowing?.()
  isShown(other, 1)

  nuclei.showUndo(slideId, context.views.version(slideId))
  isShown(before, 0)
  workbench.labels.undo()
  await vi.waitFor(() => expect(project.state?.steps.at(-1)?.undone).toBe(true))
  isShown(before, 0)
  // The label's undo made this version. Nothing that the page remembers can be shown as undone now.
  expect(nuclei.showUndo(slideId, context.views.version(slideId) - 1)).toBeNull()
})

test('a page never shows classes that belong to other nuclei than it has', async () => {
  const { slideId, leave } = await classified()
  const page = openPage(leave)
  const upToDate = () =>
    vi.waitFor(() => {
      context.announcer.changed() // the slide's summary is complete only after its classes were requested
      expectUpToDate(page, slideId)
    }, 10_000)
  await upToDate()
  const [first, second] = context.project.nuclei.heads(slideId).id
  const redraw = (id: number) => void workbench.drawing.edit(slideId, { kind: 'redraw', id, outline: square(20, 20) })
  let asked = 0
  shownMay = () => {
    // The page has the nuclei after the first edit. The answer will be about those after the second.
    if (asked++ === 0) redraw(second)
    return Promise.resolve()
  }
  onTestFinished(() => void (shownMay = () => Promise.resolve()))
  const pairs: [Uint32Array, Uint16Array][] = []
  watch(
    () => page.nuclei.displayed,
    (now) => pairs.push([page.nuclei.nuclei!.id, now!.shown.classId.slice()]),
    { flush: 'sync' },
  )
  redraw(first)
  await upToDate()
  expect(asked).toBeGreaterThan(1)
  const { id } = context.project.nuclei.heads(slideId)
  const { shown } = fromScratch(slideId)
  for (const [ids, classes] of pairs)
    expect(Array.from(ids, (one, i) => [one, classes[i]])).toEqual(
      Array.from(ids, (one) => [one, shown.classId[id.indexOf(one)]]),
    )
})

test(
  'two windows always show and count the nuclei of the project, whatever is done in either',
  { timeout: 300_000 },
  async () => {
    const { slideId, folder, leave } = await classified()
    await writeModel(join(folder, 'the-models'), {
      title: 'Turned',
      classes: ['round', 'long'],
      lineage: [],
      uncertainBelow: 0.8,
    })
    await workbench.addModel(join(folder, 'the-models'))
    const pages = [openPage(leave), openPage(leave)]
    let undone = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(act, fc.nat(1)), { minLength: 4, maxLength: 30 }),
        fc.array(fc.nat(40), { maxLength: 60 }),
        async (acts, slow) => {
          delays = slow
          for (const [one, page] of acts) {
            await perform(one, pages[page], slideId)
            if (one.kind === 'undo') undone++
            if (pages[page].nuclei.displayed) pages[page].frame.draw()
          }
          delays = []
          isNextLost = false
          await workbench.idle()
          for (const { nuclei } of pages) nuclei.veils = new Map()
          // This reaches all pages, so a page that lost a patch notices it now.
          workbench.reader = `reader ${Math.random()}`
          const { shown } = fromScratch(slideId)
          expect({ ...context.views.shownClasses(slideId) }).toEqual(shown)
          for (const page of pages)
            await vi.waitFor(() => expectUpToDate(page, slideId), { timeout: 10_000, interval: 20 })
        },
      ),
      // No shrinking: each smaller failure would take as long as the first.
      { numRuns: 25, endOnFailure: true },
    )
    expect(undone).toBeGreaterThan(10)
  },
)
