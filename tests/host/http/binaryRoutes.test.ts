import { gunzipSync } from 'node:zlib'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import {
  binaryRoutes,
  decodeDrawn,
  decodeMeasured,
  decodePredicted,
  decodeShown,
  slideHeads,
  unpackHead,
  unpackNuclei,
  type NucleusChunks,
  type ShownVersion,
} from '../../../electron/contract/index.ts'
import { grid } from '../fakeEngine.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

test('nuclei are served in blocks that may be cached forever, and the shown classes in the same order', async () => {
  const { workbench, context, slideId, fetch } = await temporaryHost()
  const { nucleiVersion, shownVersion } = workbench.state().slides[0]
  const chunks = (await (await fetch(binaryRoutes.chunks(slideId, nucleiVersion))).json()) as NucleusChunks
  expect(chunks.reduce((sum, { count }) => sum + count, 0)).toBe(all)
  const head = await fetch(binaryRoutes.chunkHead(slideId, chunks[0].id))
  const outlines = await fetch(binaryRoutes.chunkOutlines(slideId, chunks[0].id))
  expect(head.headers.get('cache-control')).toContain('immutable')
  expect(head.headers.get('vary')).toBe('Cookie')
  const nuclei = unpackNuclei(unpackHead(await head.bytes()), await outlines.bytes())
  const drawn = decodeDrawn(await (await fetch(binaryRoutes.drawn(slideId, nucleiVersion))).bytes())
  const { head: page } = slideHeads(
    [unpackHead(await (await fetch(binaryRoutes.chunkHead(slideId, chunks[0].id))).bytes())],
    drawn,
  )
  expect(page.id).toEqual(context.project.nuclei.of(slideId).id)
  expect(nuclei.count).toBe(all)
  const shown = decodeShown(await (await fetch(binaryRoutes.shown(slideId))).bytes())
  expect(shown).toMatchObject({ nucleiVersion, shownVersion, position: null, shown: { count: all } })
  const stale = await fetch(binaryRoutes.predicted(slideId, -1))
  expect([stale.headers.get('cache-control'), stale.headers.get('x-version')]).toEqual([
    'no-store',
    String(workbench.state().slides[0].predictedVersion),
  ])
})

test('after a label only the labelled nuclei are sent, but all are sent to a page that is too far behind or has other nuclei', async () => {
  const { workbench, context, slideId, fetch } = await temporaryHost()
  const { id } = context.project.nuclei.of(slideId)
  const get = async (since?: ShownVersion) =>
    decodeShown(await (await fetch(binaryRoutes.shown(slideId, since))).bytes())
  const whole = await get()
  expect((await get(whole)).position, 'nothing has changed').toEqual(new Uint32Array(0))
  workbench.labels.set(slideId, [id[7], id[3]], 2)
  workbench.labels.set(slideId, [id[7]], 1)
  const now = await get()
  const { position, shown, ...versions } = await get(whole)
  expect(position).toEqual(Uint32Array.of(3, 7))
  expect([[...shown.classId], [...shown.labelled]]).toEqual([
    [2, 1],
    [1, 1],
  ])
  expect(versions).toEqual({ nucleiVersion: whole.nucleiVersion, shownVersion: whole.shownVersion + 2 })
  for (const since of [
    { ...whole, shownVersion: whole.shownVersion - 1 },
    { ...whole, shownVersion: now.shownVersion + 1 },
    { ...whole, nucleiVersion: whole.nucleiVersion - 1 },
  ])
    expect(await get(since)).toEqual(now)
  expect((await fetch(binaryRoutes.shown(slideId))).headers.get('cache-control')).toBe('no-store')
})

test('after an edit only the edited outlines are fetched again, and the page shows the nuclei of the project', async () => {
  const { workbench, context, slideId, fetch } = await temporaryHost()
  const { id } = context.project.nuclei.of(slideId)
  workbench.drawing.edit(slideId, { kind: 'remove', ids: [id[3]] })
  workbench.drawing.edit(slideId, { kind: 'redraw', id: id[5], outline: [0, 0, 30, 0, 30, 30] })
  const { nucleiVersion } = workbench.state().slides[0]
  const chunks = (await (await fetch(binaryRoutes.chunks(slideId, nucleiVersion))).json()) as NucleusChunks
  const heads = await Promise.all(
    chunks.map(async ({ id }) => unpackHead(await (await fetch(binaryRoutes.chunkHead(slideId, id))).bytes())),
  )
  const drawn = decodeDrawn(await (await fetch(binaryRoutes.drawn(slideId, nucleiVersion))).bytes())
  const { head: page, part, index } = slideHeads(heads, drawn)
  const { box, origin, source, ...whole } = context.project.nuclei.of(slideId)
  expect({ id: page.id, box: page.box, origin: page.origin, source: page.source }).toEqual({
    id: whole.id,
    box,
    origin,
    source,
  })
  expect(Array.from(part, (p, i) => [...heads.map((h) => h.id), drawn.nuclei.id][p][index[i]])).toEqual([...whole.id])
  const { shown } = decodeShown(await (await fetch(binaryRoutes.shown(slideId))).bytes())
  expect([page.count, shown.count]).toEqual([all - 1, all - 1])
  expect(shown.classId[page.id.indexOf(id[5])], 'the model has not seen the new outline').toBe(0)
  expect(workbench.state().slides[0].unspoken).toBe(1)
})

test('predictions of labelled nuclei are served too, in the order of the nuclei and with their confidence', async () => {
  const { workbench, context, slideId, fetch } = await temporaryHost()
  const { project } = context
  const { id } = project.nuclei.heads(slideId)
  const said = async () => {
    const { predictedVersion } = workbench.state().slides[0]
    const answer = await fetch(binaryRoutes.predicted(slideId, predictedVersion))
    expect([answer.status, answer.headers.get('x-version')]).toEqual([200, String(predictedVersion)])
    expect(answer.headers.get('cache-control')).toContain('immutable')
    return decodePredicted(await answer.bytes())
  }
  const before = await said()
  const { classId } = context.views.shownClasses(slideId)
  expect(before.count).toBe(all)
  expect([...before.classId]).toEqual([...classId])
  expect(new Set(before.classId).size).toBe(2)
  // The fake engine predicts one of two classes with p = .75.
  for (const margin of before.margin) expect(Math.abs(margin - 255 * 0.5)).toBeLessThan(1)
  const bits = -(0.75 * Math.log2(0.75) + 0.25 * Math.log2(0.25))
  for (const entropy of before.entropy) expect(Math.abs(entropy - 255 * bits)).toBeLessThan(1)

  const other = before.classId.find((c) => c !== before.classId[0])!
  workbench.labels.set(slideId, [id[0]], other)
  expect([...(await said()).classId], 'a label changes nothing of what the model says').toEqual([...before.classId])
  workbench.drawing.edit(slideId, { kind: 'redraw', id: id[0], outline: [0, 0, 30, 0, 30, 30] })
  const after = await said()
  const at = project.nuclei.positionOf(slideId, id[0])
  expect([after.classId[at], after.margin[at], after.entropy[at]], 'it has not seen this outline').toEqual([0, 0, 0])

  const stale = await fetch(binaryRoutes.predicted(slideId, -1))
  expect(stale.headers.get('cache-control')).toBe('no-store')
  expect((await fetch(binaryRoutes.predicted(99, 1))).status).toBe(404)
})

test('a tile is a picture of the slide', async () => {
  const { slideId, fetch } = await temporaryHost()
  const tile = await fetch(binaryRoutes.tile(slideId, 0, 0, 0))
  expect(tile.headers.get('content-type')).toMatch(/^image\//)
  const { dominant } = await sharp(await tile.bytes()).stats()
  expect(dominant.r).toBeGreaterThan(200)
})

test('exports download as GeoJSON, compressed GeoJSON and CSV under the name of the slide', async () => {
  const { slideId, fetch } = await temporaryHost()
  const geojson = await fetch(binaryRoutes.export(slideId, 'geojson'))
  expect(geojson.headers.get('content-disposition')).toBe(`attachment; filename*=UTF-8''slide.geojson`)
  const text = await geojson.text()
  expect((JSON.parse(text) as { features: unknown[] }).features).toHaveLength(all)
  expect(gunzipSync(await (await fetch(binaryRoutes.export(slideId, 'geojson.gz'))).bytes()).toString()).toBe(text)
  expect((await (await fetch(binaryRoutes.export(slideId, 'csv'))).text()).trim().split('\r\n')).toHaveLength(all + 1)
})

test('a model card is served as text', async () => {
  const { fetch } = await temporaryHost()
  expect(await (await fetch(binaryRoutes.card('tiny'))).text()).toBe('# Tiny\n')
})

test('a missing item and a malformed number are answered with a status code and a clear message', async () => {
  const { slideId, fetch } = await temporaryHost()
  for (const [path, status] of [
    [binaryRoutes.chunks(99, 1), 404],
    [binaryRoutes.drawn(99, 1), 404],
    [binaryRoutes.chunkHead(99, 1), 404],
    [binaryRoutes.chunkOutlines(slideId, 999), 404],
    [binaryRoutes.shown(99), 404],
    [binaryRoutes.tissue(99), 404],
    [binaryRoutes.export(99, 'csv'), 404],
    [binaryRoutes.card('nobody'), 404],
    [binaryRoutes.card('../../etc/passwd'), 404],
    [binaryRoutes.tile(99, 0, 0, 0), 404],
    [`/slides/${slideId}/tiles/0/-1_0`, 404],
    [`/slides/${slideId}/export/exe`, 404],
    ['/slides/1e999/drawn', 404],
  ] as const)
    expect([path, (await fetch(path)).status]).toEqual([path, status])
  const beyond = await fetch(binaryRoutes.tile(slideId, 0, 999_999, 0))
  expect([400, 404, 422]).toContain(beyond.status)
  expect((await beyond.text()).length).toBeGreaterThan(10)
  expect((await fetch(binaryRoutes.drawn(slideId, 1), { method: 'POST' })).status).toBe(405)
})

test('the counts of a slide are served as CSV, and an unknown slide is refused', async () => {
  const { slideId, fetch } = await temporaryHost()
  const table = await fetch(binaryRoutes.counts(slideId, 'en'))
  expect(table.headers.get('content-disposition')).toMatch(/-counts\.csv$/)
  expect(table.headers.get('content-type')).toContain('text/csv')
  expect((await table.text()).split('\r\n').length).toBeGreaterThan(2)
  expect((await fetch(binaryRoutes.counts(99, 'en'))).status).toBe(404)
})

test('areas and roundness of the outlines are served in the order of the nuclei', async () => {
  const { slideId, context, fetch } = await temporaryHost()
  const { nucleiVersion } = context.project.slides.get(slideId)
  const { area, roundness } = decodeMeasured(await (await fetch(binaryRoutes.measured(slideId, nucleiVersion))).bytes())
  expect(area).toHaveLength(all)
  // Squares of 10 px at 0.25 µm/px.
  expect([...area].every((v) => Math.abs(v - 6.25) < 1e-4)).toBe(true)
  expect(roundness[0]).toBeCloseTo(Math.PI / 4, 5)
})
