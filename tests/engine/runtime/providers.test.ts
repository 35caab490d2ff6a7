import { describe, expect, it } from 'vitest'
import { inEnglish, message } from '../../../electron/contract/index.ts'
import { chooseProvider, currentProvider, engineSession } from '../../../electron/engine/runtime/providers.ts'
import { graphSession } from '../../../electron/engine/runtime/session.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { relu } from '../../../models/ops/elementwise.ts'

describe('choosing a provider', () => {
  const choose = async (report: Parameters<typeof chooseProvider>[0]) => {
    const before = process.env.KARYON_PROVIDER
    delete process.env.KARYON_PROVIDER
    try {
      return await chooseProvider(report)
    } finally {
      if (before !== undefined) process.env.KARYON_PROVIDER = before
    }
  }
  it('uses a GPU that agrees and is faster, and says by how much', async () => {
    const { name, reason } = await choose(() => Promise.resolve({ difference: 1e-6, speed: 7.4 }))
    expect(name).not.toBe('cpu')
    expect(inEnglish(reason)).toContain('7.4 × as fast')
  })
  it('rejects a GPU that computes other numbers, and says so', async () => {
    const { name, reason } = await choose(() => Promise.resolve({ difference: 0.3, speed: 9 }))
    expect(name).toBe('cpu')
    expect(inEnglish(reason)).toContain('other numbers')
  })
  it('rejects a GPU that is no faster, and says so', async () => {
    const { name, reason } = await choose(() => Promise.resolve({ difference: 0, speed: 0.1 }))
    expect(name).toBe('cpu')
    expect(inEnglish(reason)).toContain('no faster')
  })
  it('says why a GPU cannot be used', async () => {
    const { reason } = await choose(() => Promise.resolve(message('providerError', { text: 'no adapter was found' })))
    expect(inEnglish(reason)).toContain('no adapter was found')
  })
})

describe('a provider that fails', () => {
  const build = () => {
    const graph = new Graph()
    return { graph, outputs: { y: relu(graph.input('x', [3])) } }
  }
  const failing = (when: 'start' | 'run') => {
    const made: string[] = []
    const make: typeof graphSession = async (graph, outputs, options = {}) => {
      made.push(options.provider ?? 'cpu')
      if (options.provider === 'webgpu' && when === 'start') throw new Error('device lost at start')
      const session = await graphSession(graph, outputs)
      if (options.provider !== 'webgpu') return session
      return { ...session, run: () => Promise.reject(new Error('device lost in mid-run')) }
    }
    return { made, make }
  }
  it('during a run is replaced by the processor, which answers the same call', async () => {
    process.env.KARYON_PROVIDER = 'webgpu'
    const { graph, outputs } = build()
    const { made, make } = failing('run')
    const session = await engineSession(graph, outputs, make)
    expect(made).toEqual(['webgpu'])
    const { y } = await session.run({ x: Float32Array.of(-1, 0, 2) })
    expect([...y.data]).toEqual([0, 0, 2])
    expect(made).toEqual(['webgpu', 'cpu'])
    const { name, reason } = await currentProvider()
    expect(name).toBe('cpu')
    expect(inEnglish(reason)).toContain('device lost in mid-run')
  })
  it('is not used again in this process', async () => {
    const { graph, outputs } = build()
    const { made, make } = failing('start')
    await engineSession(graph, outputs, make)
    expect(made).toEqual(['cpu'])
  })
})
