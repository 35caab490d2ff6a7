import { gunzipSync } from 'node:zlib'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { binaryRoutes, decodeNuclei, decodeShown } from '../../electron/contract/index.ts'
import { grid } from './fakeEngine.ts'
import { temporaryHost } from './temporaryWorkbench.ts'

const all = grid.columns * grid.rows

test('nuclei and shown classes arrive as columns of equal length, cached under their version only', async () => {
  const { workbench, slideId, fetch } = await temporaryHost()
  const { nucleiVersion, shownVersion } = workbench.state().slides[0]
  const nuclei = await fetch(binaryRoutes.nuclei(slideId, nucleiVersion))
  const shown = await fetch(binaryRoutes.shown(slideId, shownVersion))
  expect(nuclei.headers.get('cache-control')).toContain('immutable')
  expect(nuclei.headers.get('vary')).toBe('Cookie')
  expect(decodeNuclei(await nuclei.bytes()).count).toBe(all)
  expect(decodeShown(await shown.bytes()).count).toBe(all)
  const stale = await fetch(binaryRoutes.nuclei(slideId, nucleiVersion - 1))
  expect([stale.headers.get('cache-control'), stale.headers.get('x-version')]).toEqual([
    'no-store',
    String(nucleiVersion),
  ])
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

test('a model card is text', async () => {
  const { fetch } = await temporaryHost()
  expect(await (await fetch(binaryRoutes.card('tiny'))).text()).toBe('# Tiny\n')
})

test('what is not there, and what is no number, is answered with a status and a sentence', async () => {
  const { slideId, fetch } = await temporaryHost()
  for (const [path, status] of [
    [binaryRoutes.nuclei(99, 1), 404],
    [binaryRoutes.shown(99, 1), 404],
    [binaryRoutes.export(99, 'csv'), 404],
    [binaryRoutes.card('nobody'), 404],
    [binaryRoutes.card('../../etc/passwd'), 404],
    [binaryRoutes.tile(99, 0, 0, 0), 404],
    [`/slides/${slideId}/tiles/0/-1_0`, 404],
    [`/slides/${slideId}/export/exe`, 404],
    ['/slides/1e999/nuclei', 404],
  ] as const)
    expect([path, (await fetch(path)).status]).toEqual([path, status])
  const beyond = await fetch(binaryRoutes.tile(slideId, 0, 999_999, 0))
  expect([400, 404, 422]).toContain(beyond.status)
  expect((await beyond.text()).length).toBeGreaterThan(10)
  expect((await fetch(binaryRoutes.nuclei(slideId, 1), { method: 'POST' })).status).toBe(405)
})
