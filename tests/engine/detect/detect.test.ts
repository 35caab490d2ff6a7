import { message } from '../../../electron/contract/index.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FailureError, type DetectParams, type DetectProgress, type Nuclei } from '../../../electron/contract/index.ts'
import { findDetector } from '../../../electron/launch/detectors.ts'
import { detect, nearestFirst } from '../../../electron/engine/detect/detect.ts'
import { planRegions } from '../../../models/detector/grid.ts'
import { paint, type PaintedNucleus } from '../../support/paintNuclei.ts'
import { alsoSearched } from '../../../models/geometry/rects.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

let folder: string
let slide: string
const truth: PaintedNucleus[] = []

beforeAll(async () => {
  // 0.25 µm per pixel, wider than one region, so that a seam runs through the nuclei.
  for (const y of [15, 30, 45]) for (let x = 202; x < 290; x += 12) truth.push({ x, y, rx: 3.2, ry: 2.8 })
  folder = await mkdtemp(join(tmpdir(), 'karyon-detect-'))
  slide = join(folder, 'painted.png')
  const { width, height, data } = paint(440, 60, 0.25, truth)
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(slide)
})
afterAll(() => rm(folder, { recursive: true }))

async function run(params: Partial<DetectParams>, signal = new AbortController().signal) {
  const pieces: DetectProgress[] = []
  const breathe = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    if (signal.aborted) throw new FailureError('cancelled', message('cancelled'))
  }
  const progress = (piece: DetectProgress) => void pieces.push(piece)
  const result = await detect(
    { slide, mpp: 0.25, detector: await findDetector(), ...params },
    { signal, breathe, progress },
  )
  return { result, pieces }
}
const centres = (nuclei: readonly Nuclei[]) =>
  nuclei.flatMap((n) =>
    Array.from({ length: n.count }, (_, i) => {
      const [x0, y0, x1, y1] = boxOf(n, i)
      return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 }
    }),
  )

test('every nucleus of a slide searched in several regions is found once, also at seams', async () => {
  const { result, pieces } = await run({})
  const found = centres(pieces.map((p) => p.nuclei))
  expect(pieces).toHaveLength(2)
  expect(pieces.map((p) => [p.done, p.of])).toEqual([
    [1, 2],
    [2, 2],
  ])
  expect(result.nuclei).toBe(truth.length)
  expect(found).toHaveLength(truth.length)
  for (const t of truth)
    expect(
      found.filter((f) => Math.hypot(f.x / 4 - t.x, f.y / 4 - t.y) < 1),
      `at ${t.x}, ${t.y} µm`,
    ).toHaveLength(1)
})

test('searching a region finds exactly those nuclei of the whole slide whose centre lies in it', async () => {
  const region = { x: 1080, y: 80, width: 120, height: 80 }
  const whole = centres((await run({})).pieces.map((p) => p.nuclei))
  const part = centres((await run({ region })).pieces.map((p) => p.nuclei))
  const expected = whole.filter((c) => c.x >= 1080 && c.x < 1200 && c.y >= 80 && c.y < 160)
  expect(expected.length).toBeGreaterThan(1)
  const sorted = (list: typeof whole) => list.map((c) => `${c.x.toFixed(1)} ${c.y.toFixed(1)}`).sort()
  expect(sorted(part)).toEqual(sorted(expected))
})

test('the part in view is searched first', () => {
  const regions = planRegions(4000, 4000)
  const view = { x: 3000, y: 2100, right: 3200, bottom: 2200 }
  const [first] = nearestFirst(regions, view)
  expect(first.core.x).toBeLessThanOrEqual(view.x)
  expect(first.core.right).toBeGreaterThan(view.x)
  expect(first.core.y).toBeLessThanOrEqual(view.y)
  expect(first.core.bottom).toBeGreaterThan(view.y)
})

test('cancelling ends the call with the failure "cancelled"', async () => {
  const controller = new AbortController()
  const work = run({}, controller.signal)
  setTimeout(() => controller.abort(), 5)
  await expect(work).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
})

test.each<[string, Partial<DetectParams>, string, RegExp]>([
  ['a missing file', { slide: '/nowhere/none.svs' }, 'not-found', /none\.svs/],
  ['pixels too coarse for nuclei', { mpp: 4 }, 'invalid-input', /at most 1\.5 µm/],
  ['a µm/px that is no number', { mpp: NaN }, 'invalid-input', /µm per pixel/],
  ['a region beside the slide', { region: { x: 9000, y: 0, width: 10, height: 10 } }, 'invalid-input', /outside/],
  ['an empty region', { region: { x: 0, y: 0, width: 0, height: 10 } }, 'invalid-input', /above 0/],
])('%s is refused with a sentence', async (_, params, kind, message) => {
  const error = await run(params).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FailureError)
  expect((error as FailureError).failure.kind).toBe(kind)
  expect((error as FailureError).message).toMatch(message)
})

test('areas that a person excludes are not searched, and areas that a person adds are', async () => {
  const all = centres((await run({})).pieces.map((p) => p.nuclei))
  const left = [0, 0, 980, 0, 980, 240, 0, 240]
  const rest = centres((await run({ areas: [{ kind: 'excluded', outline: left }] })).pieces.map((p) => p.nuclei))
  expect(rest.length).toBeGreaterThan(5)
  expect(rest.length).toBeLessThan(all.length)
  expect(rest.length).toBe(all.filter(({ x }) => x >= 980).length)
  const whole = [0, 0, 1760, 0, 1760, 240, 0, 240]
  expect((await run({ areas: [{ kind: 'excluded', outline: whole }] })).result.nuclei).toBe(0)
  const glass = join(folder, 'glass.png')
  await sharp({ create: { width: 600, height: 400, channels: 3, background: '#ffffff' } })
    .png()
    .toFile(glass)
  expect((await run({ slide: glass })).pieces).toHaveLength(0)
  expect((await run({ slide: glass, areas: [{ kind: 'added', outline: whole }] })).pieces.length).toBeGreaterThan(0)
})

test('each result names the area searched, glass included, and areas searched before are skipped', async () => {
  const whole = await run({})
  const slideSize = { width: 1760, height: 240 }
  const searched = whole.pieces.flatMap((piece) => piece.searched)
  expect(searched).toHaveLength(2)
  expect(alsoSearched([], searched, slideSize)).toBeNull()
  const left = whole.pieces.find(({ searched: [at] }) => at.x === 0)!
  const right = await run({ searched: left.searched })
  expect(right.pieces.map(({ done, of }) => [done, of])).toEqual([[1, 1]])
  expect(right.result.nuclei).toBe(truth.length - left.nuclei.count)
  expect((await run({ searched })).pieces).toEqual([])
  const region = { x: 10.5, y: 20, width: 300.2, height: 100 }
  const limited = await run({ region })
  expect(limited.pieces.map((piece) => piece.searched)).toEqual([[{ x: 11, y: 20, width: 299, height: 100 }]])
})

test('glass is reported as searched with the first result', async () => {
  const half = join(folder, 'half.png')
  const { width, height, data } = paint(440, 60, 0.25, [])
  await sharp(data, { raw: { width, height, channels: 3 } })
    .extend({ right: 4 * 1200 - width, background: '#ffffff' })
    .png()
    .toFile(half)
  const { pieces } = await run({ slide: half })
  expect(pieces.length).toBeLessThan(3)
  expect(
    alsoSearched(
      [],
      pieces.flatMap((piece) => piece.searched),
      { width: 4800, height: 240 },
    ),
  ).toBeNull()
})
