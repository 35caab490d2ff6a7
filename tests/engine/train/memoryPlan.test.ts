import { describe, expect, it, vi } from 'vitest'
import { inEnglish } from '../../../electron/contract/index.ts'
import { lanesFor } from '../../../electron/engine/runtime/lanes.ts'
import { engineThreads } from '../../../electron/engine/runtime/limits.ts'
import { planMemory, trainingMemory, type MemoryNeeds } from '../../../electron/engine/train/memoryPlan.ts'
import { memoryOf, nucleiPerSlide, smallNetwork } from '../../../bench/engine/memory.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { corrections } from '../../../models/train/recipes.ts'
import { presets, type PresetName } from '../../../models/nucleusVit/config.ts'
import { isLong } from '../../support/long.ts'

const full = { kind: 'full' } as const
const needsOf = (preset: PresetName): MemoryNeeds => {
  const config = presets[preset]
  const { size } = classifierLayout(config, 4)
  return { config, method: 'full', size, trained: size, recipe: corrections, nuclei: nucleiPerSlide }
}

// A machine that other work runs on measures other amounts, and base takes half a minute: "karyon bench engine" has it.
describe.runIf(isLong)('the memory that training takes', () => {
  it.each(['tiny', 'small'] as const)('is estimated within a quarter (%s)', async (preset) => {
    const { peak } = await memoryOf({ config: presets[preset], memoryMB: 1e6 })
    const lanes = await lanesFor(engineThreads())
    expect(Math.abs(trainingMemory(needsOf(preset), { kind: 'whole', lanes }) / peak - 1)).toBeLessThan(0.25)
  })

  it('does not grow over cycles of training and classifying', async () => {
    const { growth } = await memoryOf({ config: smallNetwork, cycles: 200 })
    expect(growth).toBeLessThan(30)
  })
})

describe('the choice of how to train', () => {
  const layout = classifierLayout(presets.base, 4)
  const start = { config: presets.base, layout, classes: [], mpp: 0.5, values: new Float32Array(0) }
  const way = (memoryMB: number) => planMemory({ out: 'models/new', memoryMB }, full, start, corrections)

  it('is the whole network in memory where there is enough, without a note', () => {
    expect(way(64_000)).toEqual({ execution: { kind: 'whole' } })
  })
  it('saves memory step by step as it gets short, and says so', () => {
    const ways = [3500, 2700, 1600, 100].map(way)
    expect(ways.map(({ execution }) => [execution.kind, execution.stateFile !== undefined])).toEqual([
      ['whole', true],
      ['blockwise', false],
      ['blockwise', true],
      ['blockwise', true],
    ])
    expect(ways[2].note && inEnglish(ways[2].note)).toMatch(
      /works block by block and keeps the optimiser’s numbers in a file.+1,600 MB are available/,
    )
    const needed = ways.map(({ execution }) => trainingMemory(needsOf('base'), execution))
    expect(needed[0]).toBeGreaterThan(needed[1])
    expect(needed[1]).toBeGreaterThan(needed[2])
  })
  it('computes two crops at once if memory allows, else one at a time', () => {
    const small = { ...start, config: presets.small, layout: classifierLayout(presets.small, 4) }
    const lanesAt = (memoryMB: number) =>
      planMemory({ out: 'models/new', memoryMB }, full, small, corrections, 2).execution.lanes
    const [one, two] = [1, 2].map((lanes) => trainingMemory(needsOf('small'), { kind: 'whole', lanes }))
    expect(two).toBeGreaterThan(1.5 * one)
    expect([4 * two, 1.1 * one].map(lanesAt)).toEqual([2, undefined])
  })
  it('keeps to the limit of the settings even where more is free', () => {
    vi.spyOn(process, 'availableMemory').mockReturnValue(64e9)
    vi.stubEnv('KARYON_MEMORY_MB', '2700')
    try {
      expect(planMemory({ out: 'models/new' }, full, start, corrections).execution.kind).toBe('blockwise')
      vi.stubEnv('KARYON_MEMORY_MB', undefined)
      expect(planMemory({ out: 'models/new' }, full, start, corrections).execution.kind).toBe('whole')
    } finally {
      vi.unstubAllEnvs()
      vi.restoreAllMocks()
    }
  })
  it('follows what the system has available where nobody sets a limit', () => {
    const available = vi.spyOn(process, 'availableMemory')
    const wayWith = (bytes: number) => {
      available.mockReturnValue(bytes)
      const { execution } = planMemory({ out: 'models/new' }, full, start, corrections)
      return [execution.kind, execution.stateFile !== undefined]
    }
    try {
      expect(wayWith(64e9)).toEqual(['whole', false])
      expect(wayWith(100e6)).toEqual(['blockwise', true])
    } finally {
      available.mockRestore()
    }
  })
})
