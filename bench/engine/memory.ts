import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { FinetuneMethod } from '../../electron/contract/index.ts'
import { writeModelFolder } from '../../electron/formats/weights/modelFolder.ts'
import { random } from '../../models/nn/random.ts'
import { presets, type NucleusVitConfig, type PresetName } from '../../models/nucleusVit/config.ts'
import { inOwnProcess } from '../ownProcess.ts'
import type { MeasuredMemory, MemoryTask } from './memoryProbe.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'
import type { EngineBench } from './run.ts'

const classes = ['a', 'b', 'c', 'd']
export const nucleiPerSlide = 100
const mpp = 0.3

export interface MemoryCase {
  readonly config: NucleusVitConfig
  readonly method?: FinetuneMethod
  /** Memory that the planner assumes, MB; the machine's if absent. */
  readonly memoryMB?: number
  readonly cycles?: number
}

/**
 * Measures the memory of fine-tuning in a fresh process, from reading the parent to writing the model. As many crops are
 * computed at once as the engine finds best on this machine.
 */
export async function memoryOf({ config, method = 'full', memoryMB, cycles = 1 }: MemoryCase): Promise<MeasuredMemory> {
  const folder = await mkdtemp(join(tmpdir(), 'karyon-memory-'))
  try {
    const side = config.imageSize
    const rng = random(2)
    const slide = join(folder, 'slide.png')
    const rgb = Uint8Array.from({ length: 3 * side * side }, () => 128 + rng.below(100))
    await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toFile(slide)
    const nucleus = side / 16
    const corners = Array.from({ length: nucleiPerSlide }, () => [rng.below(side - nucleus), rng.below(side - nucleus)])
    const model = await writeRandomModel(join(folder, 'parent'), config)
    return await inOwnProcess<MemoryTask, MeasuredMemory>(import.meta.url, './memoryProbe', {
      params: { model, classes, method, epochs: 2, seed: 1, memoryMB },
      folder,
      slide,
      mpp,
      boxes: corners.flatMap(([x, y]) => [x, y, x + nucleus, y + nucleus]),
      cycles,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A network so small that its own memory does not hide what a cycle leaks. */
export const smallNetwork: NucleusVitConfig = { ...presets.tiny, width: 48, layers: 2, imageSize: 112 }

/** The measurements for each size. They train whole networks, within the given memory if there is a number. */
const cases: Partial<Record<string, readonly (readonly [name: string, memoryMB?: number])[]>> = {
  tiny: [['tiny']],
  base: [
    ['base', 3200],
    ['baseBlockwise', 1400],
  ],
}
const growthCycles = 200

/** Measures the peak memory of fine-tuning and the growth over train–classify cycles, MB (10⁶ bytes). */
export async function benchMemory(
  names: readonly string[],
  breathe: () => Promise<void>,
): Promise<Pick<EngineBench, 'memoryMB' | 'growthMB'>> {
  const memoryMB: Record<string, number> = {}
  for (const preset of names)
    for (const [name, limit] of cases[preset] ?? []) {
      await breathe()
      const config = presets[preset as PresetName]
      memoryMB[name] = Math.round((await memoryOf({ config, memoryMB: limit })).peak)
    }
  await breathe()
  const { growth } = await memoryOf({ config: smallNetwork, cycles: growthCycles })
  return { memoryMB, growthMB: Math.round(growth) }
}

async function writeRandomModel(path: string, config: NucleusVitConfig): Promise<string> {
  const layout = classifierLayout(config, classes.length)
  const rng = random(1)
  // Norms near 1 and small weights keep activations finite. Their values do not affect memory.
  const weights = layout.slots.map(({ name, shape, size }) => {
    const data = new Float32Array(size)
    for (let i = 0; i < size; i++) data[i] = 0.02 * rng.between(-1, 1) + (/norm\d?\.weight$/.test(name) ? 1 : 0)
    return [name, { shape, data }] as const
  })
  const description = {
    title: 'Random',
    architecture: config,
    classes,
    mpp,
    lineage: [],
    created: new Date(0).toISOString(),
    licence: 'not stated',
    training: {},
    metric: '',
  }
  return (await writeModelFolder(path, { description, weights, card: '' })).path
}
