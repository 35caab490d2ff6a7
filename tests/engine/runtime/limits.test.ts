import * as ort from 'onnxruntime-node'
import { afterEach, expect, it, vi } from 'vitest'
import { engineThreads } from '../../../electron/engine/runtime/limits.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { relu } from '../../../models/ops/elementwise.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it('every session of onnxruntime gets the number of threads that the settings allow', async () => {
  vi.stubEnv('KARYON_THREADS', '1')
  const create = vi.spyOn(ort.InferenceSession, 'create')
  const graph = new Graph()
  const session = await graphSession(graph, { y: relu(graph.input('x', [3])) })
  await session.release()
  expect(create.mock.calls[0][1]).toMatchObject({ intraOpNumThreads: 1 })
})

it('a thread limit above the processor’s own number, or one that is no number, is ignored', () => {
  vi.stubEnv('KARYON_THREADS', undefined)
  const all = engineThreads()
  for (const given of ['100000', 'many', '0']) {
    vi.stubEnv('KARYON_THREADS', given)
    expect(engineThreads()).toBe(all)
  }
})
