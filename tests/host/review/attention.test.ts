import { says } from '../../support/messages.ts'
import { describe, expect, it } from 'vitest'
import {
  attempt,
  binaryRoutes,
  decodeAttention,
  decodeNucleusMap,
  encodeAttention,
  message,
  type Failure,
} from '../../../electron/contract/index.ts'
import { fakeEngine } from '../fakeEngine.ts'
import { temporaryHost, temporaryWorkbench } from '../temporaryWorkbench.ts'
import { attentionMap, heatPixels } from '../../../models/nucleusVit/attentionMap.ts'

const failure = (kind: string, text: string) => ({
  failure: { kind, message: says(text) },
})

/** Two queries, two heads and the rollout over [CLS], 2 × 2 patches and one nucleus. Each number is its own index. */
const attention = {
  crop: { x: 10, y: 20, width: 30, height: 30 },
  grid: 2,
  heads: 2,
  rows: Float32Array.from({ length: 2 * 3 * 6 }, (_, i) => i),
}

describe('attention', () => {
  it('the attention on the patches is read by query and head, without [CLS] and nuclei', () => {
    expect([...attentionMap(attention, 'cls', 0)]).toEqual([1, 2, 3, 4])
    expect([...attentionMap(attention, 'cls', 'mean')]).toEqual([4, 5, 6, 7])
    expect([...attentionMap(attention, 'cls', 'rollout')]).toEqual([13, 14, 15, 16])
    expect([...attentionMap(attention, 'nucleus', 1)]).toEqual([25, 26, 27, 28])
    expect(() => attentionMap(attention, 'cls', 2)).toThrow(/heads 0 to 1/)
  })
  it('attention stays the same when it is encoded and decoded', () =>
    expect(decodeAttention(encodeAttention(attention))).toEqual(attention))
  it('higher attention is brighter, and equal attention has one colour everywhere', () => {
    const heat = heatPixels(Float32Array.of(0, 1, 2, 3))
    expect(heat[4 * 3]).toBeGreaterThan(heat[0])
    expect(heat[4 * 3 + 3]).toBeGreaterThan(heat[3])
    const flat = heatPixels(Float32Array.of(1, 1))
    expect([...flat.subarray(0, 4)]).toEqual([...flat.subarray(4)])
  })
  it('the attention of the current model is served for a nucleus and refused for a missing one', async () => {
    const { fetch, slideId, context } = await temporaryHost()
    const [first] = context.project.nuclei.of(slideId).id
    const response = await fetch(binaryRoutes.attention(slideId, first))
    expect(response.status).toBe(200)
    const decoded = decodeAttention(new Uint8Array(await response.arrayBuffer()))
    expect(decoded).toMatchObject({ grid: 2, heads: 1 })
    const gone = await fetch(binaryRoutes.attention(slideId, 999_999))
    expect(gone.status).toBe(404)
    expect(((await gone.json()) as Failure).message).toEqual(message('noNucleus', { id: 999_999 }))
    expect((await fetch(binaryRoutes.attention(99, first))).status).toBe(404)
  })
})

describe('the map of a slide', () => {
  it('a map is refused before there are nuclei', async () => {
    const { workbench, slideId } = await temporaryWorkbench()
    expect(await attempt(() => workbench.embed(slideId))).toMatchObject(failure('empty', 'no nuclei yet'))
  })
  it('a map is made by a job, appears in the state and contains every nucleus by its id', async () => {
    const { fetch, slideId, workbench, context } = await temporaryHost()
    expect((await fetch(binaryRoutes.map(slideId, 1))).status).toBe(404)
    expect(workbench.state().slides[0].map).toBeNull()
    const job = await workbench.finished(workbench.embed(slideId))
    expect(job).toMatchObject({ kind: 'embed', state: 'done', message: says('60 nuclei') })
    const { map } = workbench.state().slides[0]
    expect(map).toMatchObject({ version: 1, nuclei: 60, landmarks: 60, modelTitle: 'Tiny' })
    const response = await fetch(binaryRoutes.map(slideId, 1))
    expect(response.headers.get('cache-control')).toContain('immutable')
    const { id, places } = decodeNucleusMap(new Uint8Array(await response.arrayBuffer()))
    expect(id).toEqual(context.project.nuclei.of(slideId).id)
    expect(places).toHaveLength(120)
  })
  it('the version of a map shows whether the nuclei have changed since', async () => {
    const { slideId, workbench } = await temporaryHost()
    await workbench.finished(workbench.embed(slideId))
    workbench.detect(slideId)
    await workbench.idle()
    const [{ map, nucleiVersion }] = workbench.state().slides
    expect(map!.nucleiVersion).toBeLessThan(nucleiVersion)
  })
  it('a map does not exist if its job was cancelled', async () => {
    const fake = fakeEngine((method) => {
      if (method === 'embed') workbench.cancel(workbench.state().jobs.at(-1)!.id)
    })
    const { workbench, slideId } = await temporaryWorkbench(fake.engine)
    workbench.detect(slideId)
    await workbench.idle()
    expect(await workbench.finished(workbench.embed(slideId))).toMatchObject({ state: 'cancelled' })
    expect(workbench.state().slides[0].map).toBeNull()
  })
})
