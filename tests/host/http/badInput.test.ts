import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ContractRouterClient } from '@orpc/contract'
import { isContractProcedure } from '@orpc/contract'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { api, type FailureKind, inEnglish, type Failure } from '../../../electron/contract/index.ts'
import { createProject } from '../../../electron/store/index.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

/** Inputs that a route must refuse, with the kind of failure. 'takes anything' for a route without input. */
type BadInputs = readonly (readonly [input: unknown, kind: FailureKind])[] | 'takes anything'

const slideIds = (rest: object = {}): [unknown, FailureKind][] => [
  [{ ...rest }, 'invalid-input'],
  [{ slideId: 'one', ...rest }, 'invalid-input'],
  [{ slideId: 1.5, ...rest }, 'invalid-input'],
  [{ slideId: 99, ...rest }, 'not-found'],
]

const triangle = [0, 0, 10, 0, 10, 10]

/** Writes stranger.karyon, an intact project without the slide. Returns its bytes. */
function otherProject(folder: string): Buffer {
  const path = join(folder, 'stranger.karyon')
  createProject(path).close()
  return readFileSync(path)
}

const badInputs: Record<string, (folder: string) => BadInputs> = {
  state: () => 'takes anything',
  events: () => 'takes anything',
  'projects.recent': () => 'takes anything',
  'projects.open': (folder) => [
    [{}, 'invalid-input'],
    [{ path: '' }, 'invalid-input'],
    [{ path: join(folder, 'missing.karyon') }, 'not-found'],
    [{ path: join(folder, 'slide.png') }, 'unreadable'],
    [{ path: folder }, 'invalid-input'],
  ],
  'projects.create': (folder) => [
    [{ folder }, 'invalid-input'],
    [{ folder, name: ' ' }, 'invalid-input'],
    [{ folder, name: '../elsewhere' }, 'invalid-input'],
    [{ folder, name: 'study' }, 'invalid-input'],
    [{ folder: join(folder, 'missing'), name: 'new' }, 'not-found'],
    [{ folder: join(folder, 'slide.png'), name: 'new' }, 'not-found'],
  ],
  'projects.forget': () => [[{}, 'invalid-input']],
  'settings.read': () => 'takes anything',
  'settings.openSlide': () => 'takes anything',
  'settings.emptyCache': () => 'takes anything',
  'settings.change': () => [
    [{ threads: 0 }, 'invalid-input'],
    [{ memoryMB: 1 }, 'invalid-input'],
    [{ language: 'fr' }, 'invalid-input'],
    [{ colour: 'red' }, 'invalid-input'],
  ],
  'slides.open': (folder) => [
    [{}, 'invalid-input'],
    [{ path: '' }, 'invalid-input'],
    [{ path: 'x.svs', mpp: -1 }, 'invalid-input'],
    [{ path: join(folder, 'missing.svs') }, 'not-found'],
    [{ path: join(folder, 'study.karyon') }, 'unsupported'],
    [{ path: folder }, 'invalid-input'],
  ],
  'slides.openImage': () => [
    ...slideIds({ image: 1 }),
    [{ slideId: 1, image: 0 }, 'invalid-input'],
    [{ slideId: 1, image: 2 }, 'invalid-input'],
  ],
  'slides.images': (folder) => [
    [{}, 'invalid-input'],
    [{ path: join(folder, 'missing.svs') }, 'not-found'],
  ],
  'slides.fitness': () => slideIds(),
  'slides.goOnAnyway': () => [
    ...slideIds({ findings: ['fitBlurred'] }),
    [{ slideId: 1, findings: [] }, 'invalid-input'],
  ],
  'slides.batch': (folder) => [
    [{}, 'invalid-input'],
    [{ folder: '' }, 'invalid-input'],
    [{ folder: join(folder, 'missing') }, 'not-found'],
    [{ folder: join(folder, 'built-in') }, 'empty'],
    [{ folder, mpp: 0 }, 'invalid-input'],
  ],
  'slides.browse': (folder) => [
    [{ folder: 7 }, 'invalid-input'],
    [{ folder: join(folder, 'missing') }, 'not-found'],
  ],
  'nuclei.counts': () => [
    ...slideIds(),
    [{ slideId: 1, where: { polygon: [1, 2, 3] } }, 'invalid-input'],
    [{ slideId: 1, where: { regionId: 7 } }, 'not-found'],
  ],
  'nuclei.surroundings': () => [...slideIds({ nucleusId: 1 }), [{ slideId: 1, nucleusId: 999_999 }, 'not-found']],
  'nuclei.nearestLabels': () => [
    ...slideIds({ nucleusId: 1 }),
    [{ slideId: 1, nucleusId: 999_999 }, 'not-found'],
    [{ slideId: 1, nucleusId: 1 }, 'empty'],
  ],
  'nuclei.find': () => [
    ...slideIds({ where: {}, limit: 1 }),
    [{ slideId: 1, where: {}, limit: -1 }, 'invalid-input'],
    [{ slideId: 1, where: { stroke: { path: [1, 2, 3], radius: 4 } }, limit: 1 }, 'invalid-input'],
    [{ slideId: 1, where: { regionId: 7 }, limit: 1 }, 'not-found'],
  ],
  'training.plan': () => [
    [{}, 'invalid-input'],
    [{ holdOut: { kind: 'everything' } }, 'invalid-input'],
    [{ holdOut: { kind: 'slides', slideIds: [] } }, 'invalid-input'],
    [{ holdOut: { kind: 'slides', slideIds: [99] } }, 'not-found'],
  ],
  'review.list': () => [
    ...slideIds({ order: { kind: 'uncertain' } }),
    [{ slideId: 1, order: { kind: 'prettiest' } }, 'invalid-input'],
    [{ slideId: 1, order: { kind: 'alike', nucleusId: 999_999 } }, 'not-found'],
    [{ slideId: 1, order: { kind: 'disputed', first: 'nobody', second: 'nobody else' } }, 'not-found'],
    [{ slideId: 1, order: { kind: 'queue', size: 0 } }, 'invalid-input'],
    [{ slideId: 1, order: { kind: 'audit' } }, 'empty'],
  ],
  'review.window': () => [
    [{ listId: 77, from: 0, to: 10 }, 'not-found'],
    [{ listId: 1, from: 10, to: 0 }, 'invalid-input'],
    [{ listId: 1, from: 0, to: 5000 }, 'invalid-input'],
  ],
  'review.coverage': () => slideIds(),
  'audits.begin': () => [...slideIds(), [{ slideId: 1, nuclei: 3 }, 'invalid-input']],
  'audits.report': () => slideIds(),
  'labels.agree': () => [
    ...slideIds({ nucleusIds: [1] }),
    [{ slideId: 1, nucleusIds: [] }, 'invalid-input'],
    [{ slideId: 1, nucleusIds: [999_999] }, 'not-found'],
  ],
  'outlines.draw': () => [
    ...slideIds({ outline: triangle }),
    [{ slideId: 1, outline: [0, 0, 1] }, 'invalid-input'],
    [{ slideId: 1, outline: [0, 0, 1e12, 0, 1e12, 1e12] }, 'invalid-input'],
  ],
  'outlines.redraw': () => [
    ...slideIds({ nucleusId: 1, outline: triangle }),
    [{ slideId: 1, nucleusId: 999_999, outline: triangle }, 'not-found'],
  ],
  'outlines.remove': () => [
    ...slideIds({ nucleusIds: [1] }),
    [{ slideId: 1, nucleusIds: [] }, 'invalid-input'],
    [{ slideId: 1, nucleusIds: [1, 999_999] }, 'not-found'],
  ],
  'outlines.split': () => [
    ...slideIds({ nucleusId: 1, line: [0, 0, 1, 1] }),
    [{ slideId: 1, nucleusId: 1, line: [0, 0, 1] }, 'invalid-input'],
    [{ slideId: 1, nucleusId: 1, line: [-50, 0, -50, 9] }, 'invalid-input'],
    [{ slideId: 1, nucleusId: 999_999, line: [0, 0, 1, 1] }, 'not-found'],
  ],
  'outlines.merge': () => [
    ...slideIds({ nucleusIds: [1, 2] }),
    [{ slideId: 1, nucleusIds: [1] }, 'invalid-input'],
    [{ slideId: 1, nucleusIds: [1, 1] }, 'invalid-input'],
    [{ slideId: 1, nucleusIds: [1, 60] }, 'invalid-input'],
    [{ slideId: 1, nucleusIds: [1, 999_999] }, 'not-found'],
  ],
  'regions.set': () => [
    ...slideIds({ name: 'front', outline: triangle }),
    [{ slideId: 1, name: '', outline: triangle }, 'invalid-input'],
    [{ slideId: 1, name: 'front', outline: triangle, regionId: 7 }, 'not-found'],
  ],
  'regions.remove': () => [
    [{}, 'invalid-input'],
    [{ regionId: 7 }, 'not-found'],
  ],
  'readings.merge': (folder) => {
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content)
      return { path: join(folder, name) }
    }
    const whole = otherProject(folder)
    const stranger = { path: join(folder, 'stranger.karyon') }
    return [
      [{}, 'invalid-input'],
      [{ path: '' }, 'invalid-input'],
      [{ path: join(folder, 'missing.karyon') }, 'not-found'],
      [{ path: folder }, 'invalid-input'],
      [{ path: join(folder, 'slide.png') }, 'unreadable'],
      [file('text.karyon', 'a letter'), 'unreadable'],
      [file('empty.karyon', ''), 'unreadable'],
      [file('cut.karyon', whole.subarray(0, whole.length / 2)), 'unreadable'],
      [{ path: join(folder, 'study.karyon') }, 'invalid-input'],
      [stranger, 'invalid-input'],
    ]
  },
  'readings.agreement': () => 'takes anything',
  'readings.self': () => 'takes anything',
  'runs.difference': () => [...slideIds({ from: 1, to: 1 }), [{ slideId: 1, from: 1, to: 77 }, 'not-found']],
  'runs.flipped': () => [
    ...slideIds({ from: 1, to: 1, flip: { fromClass: 1, toClass: 2 }, limit: 1 }),
    [{ slideId: 1, from: 1, to: 1, flip: { fromClass: 1, toClass: 2 }, limit: 0 }, 'invalid-input'],
    [{ slideId: 1, from: 77, to: 1, flip: { fromClass: 1, toClass: 2 }, limit: 1 }, 'not-found'],
  ],
  'runs.accept': () => [
    ...slideIds({ runId: 1 }),
    [{ slideId: 1, runId: 77 }, 'not-found'],
    [{ slideId: 1, runId: 1, where: { classIds: [77] } }, 'empty'],
    [{ slideId: 1, runId: 1, flips: [] }, 'invalid-input'],
    [{ slideId: 1, runId: 1, flips: [{ fromClass: 77, toClass: 1 }] }, 'empty'],
  ],
  'runs.decide': () => [...slideIds({ runId: 1 }), [{ slideId: 1, runId: 77 }, 'not-found']],
  'classes.add': () => [
    [{ name: '' }, 'invalid-input'],
    [{ name: 'round' }, 'invalid-input'],
  ],
  'classes.change': () => [
    [{ name: 'x' }, 'invalid-input'],
    [{ id: 77, name: 'x' }, 'not-found'],
    [{ id: 1, color: 'red' }, 'invalid-input'],
    [{ id: 1, name: 'long' }, 'invalid-input'],
    [{ id: 1, key: '2' }, 'invalid-input'],
  ],
  'classes.uses': () => [[{ classId: 99 }, 'not-found']],
  'classes.remove': () => [
    [{ classId: 77 }, 'not-found'],
    [{ classId: 1 }, 'invalid-input'],
  ],
  'classes.map': () => [
    [{ modelClass: '', classId: 1 }, 'invalid-input'],
    [{ modelClass: 'x', classId: 77 }, 'not-found'],
  ],
  'labels.setWhere': () => [
    ...slideIds({ where: {}, classId: 1 }),
    [{ slideId: 1, where: {}, classId: 77 }, 'not-found'],
    [{ slideId: 1, where: { classIds: [77] }, classId: 1 }, 'empty'],
    [{ slideId: 1, where: { confidence: { from: -1, to: 1 } }, classId: 1 }, 'invalid-input'],
  ],
  'nuclei.detect': () => [
    ...slideIds(),
    [{ slideId: 1, region: { x: 0, y: 0, width: -5, height: 5 } }, 'invalid-input'],
    [{ slideId: 1, first: 'here' }, 'invalid-input'],
  ],
  'nuclei.import': () => [
    ...slideIds({ path: 'x', asLabels: true }),
    [{ slideId: 1, path: '', asLabels: true }, 'invalid-input'],
  ],
  'nuclei.preview': () => [
    ...slideIds({ path: 'x' }),
    [{ slideId: 1, path: '' }, 'invalid-input'],
    [{ slideId: 1, path: '/no/such/file.geojson' }, 'not-found'],
  ],
  'nuclei.details': () => [...slideIds({ nucleusId: 1 }), [{ slideId: 1, nucleusId: 4_000_000_000 }, 'not-found']],
  'nuclei.classify': () => [...slideIds(), [{ slideId: 1, modelId: 'nobody' }, 'not-found']],
  'nuclei.embed': () => [...slideIds()],
  'labels.set': () => [
    ...slideIds({ nucleusIds: [1], classId: 1 }),
    [{ slideId: 1, nucleusIds: [], classId: 1 }, 'invalid-input'],
    [{ slideId: 1, nucleusIds: [1, 999_999], classId: 1 }, 'not-found'],
    [{ slideId: 1, nucleusIds: [1], classId: 77 }, 'not-found'],
    [{ slideId: 1, nucleusIds: [1] }, 'invalid-input'],
  ],
  'labels.goTo': () => [
    [{}, 'invalid-input'],
    [{ stepId: 999_999 }, 'invalid-input'],
  ],
  'labels.undo': () => 'takes anything',
  'labels.redo': () => 'takes anything',
  'training.live': () => [
    [{}, 'invalid-input'],
    [{ isOn: 'yes' }, 'invalid-input'],
  ],
  'training.forecast': () => 'takes anything',
  'training.start': () => [
    [{ method: 'magic' }, 'invalid-input'],
    [{ method: 'head', epochs: 0 }, 'invalid-input'],
    [{ method: 'head' }, 'empty'],
  ],
  'training.pretrain': () => [
    [{ minutes: 0, start: 'tiny' }, 'invalid-input'],
    [{ minutes: 5, start: 'base' }, 'invalid-input'],
  ],
  'models.activate': () => [
    [{}, 'invalid-input'],
    [{ modelId: '../..' }, 'not-found'],
  ],
  'engine.start': () => 'takes anything',
  'jobs.cancel': () => [
    [{ jobId: 'x' }, 'invalid-input'],
    [{ jobId: 999 }, 'not-found'],
  ],
  'reader.set': () => [
    [{ name: '' }, 'invalid-input'],
    [{ name: '  ' }, 'invalid-input'],
    [{ name: 'x'.repeat(201) }, 'invalid-input'],
  ],
  'export.formats': () => 'takes anything',
}

function routesOf(contract: object, prefix = ''): string[] {
  return Object.entries(contract).flatMap(([name, part]) =>
    isContractProcedure(part) ? [prefix + name] : routesOf(part as object, `${prefix}${name}.`),
  )
}
const routes = routesOf(api)

test('every route of the contract is tested with bad input', () => {
  expect(Object.keys(badInputs).sort()).toEqual([...routes].sort())
})

// All routes share one host, because none may change it.
const { workbench, slideId, folder, base, cookie } = await temporaryHost(afterAll)
// Once the classes were requested, the state contains the values derived from the predictions.
workbench.shownClasses(slideId)

test.each(routes)('%s refuses bad input with a clear message and leaves the project unchanged', async (route) => {
  const client = createORPCClient<ContractRouterClient<typeof api>>(
    new RPCLink({ url: `${base}/rpc`, headers: { cookie } }),
  )
  const call = route.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], client) as (
    input: unknown,
  ) => Promise<unknown>
  const inputs = badInputs[route](folder)
  if (inputs === 'takes anything') {
    const answer = await call({ surprise: true })
    expect(answer).toBeDefined()
    if (typeof answer === 'object' && answer && 'return' in answer) await (answer as AsyncGenerator).return(undefined)
    return
  }
  const before = workbench.state()
  for (const [input, kind] of inputs) {
    const error: unknown = await call(input).catch((e: unknown) => e)
    expect(error, JSON.stringify(input)).toBeInstanceOf(ORPCError)
    expect(error, JSON.stringify(input)).toMatchObject({ code: 'FAILURE', status: 422, data: { kind } })
    const { message: said } = (error as ORPCError<'FAILURE', Failure>).data
    expect(inEnglish(said)).toMatch(/^\S.{15,}\.$/s)
    expect(inEnglish(said)).not.toMatch(/\n\s+at /)
  }
  expect(workbench.state()).toEqual(before)
})
