import { basename, dirname, join } from 'node:path'
import { type FinetuneParams, type Message, message } from '../../contract/index.ts'
import { gridOf, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import { stemNumbers } from '../../../models/stem/efficientNet.ts'
import type { TrainingRecipe } from '../../../models/train/recipes.ts'
import type { Start } from './startingPoint.ts'
import { trainedSize, type Method } from './trainable.ts'
import type { Execution } from './trainNetwork.ts'
import { memoryLimitMB } from '../runtime/limits.ts'

/** Everything that determines the memory of training. */
export interface MemoryNeeds {
  readonly config: NucleusVitConfig
  readonly method: Method['kind']
  /** How many numbers the network has. `trained` is how many of them are trained. */
  readonly size: number
  readonly trained: number
  readonly recipe: Pick<TrainingRecipe, 'average' | 'cropsPerStep'>
  /** Nuclei in a crop. */
  readonly nuclei: number
}

/** Node, onnxruntime and its sessions before the first crop, MB (10⁶ bytes). */
const processMB = 220
/**
 * Memory of a pass, in multiples of what the backward pass needs for one layer (whole: per layer). Measured with tiny,
 * small and base at 100 nuclei. It exceeds the numbers themselves because onnxruntime's arena leaves gaps.
 */
const layersKept = {
  whole: { full: 1.65, lora: 1, head: 1 },
  blockwise: { full: 5.8, lora: 3.8, head: 3.8 },
} as const

/** The same for a stem, in multiples of the numbers that it computes from a crop (stemNumbers). */
const stemKept = { full: 5.5, lora: 2, head: 2 } as const

/** Estimates the peak memory of an engine process during training, MB (10⁶ bytes). */
export function trainingMemory(needs: MemoryNeeds, { kind, stateFile }: Execution): number {
  const { config, method, size, trained, recipe, nuclei } = needs
  const tokens = 1 + gridOf(config) ** 2 + nuclei
  // Inputs of the linear layers and norms; queries, keys and values; the MLP's hidden layer before and after GELU;
  // attention probabilities.
  const layer = 16 * tokens * config.width + config.heads * tokens ** 2
  const blocks = layer * layersKept[kind][method] * (kind === 'whole' ? config.layers : 1)
  const pass = blocks + (config.stem ? stemKept[method] * stemNumbers(config.stem, config.imageSize) : 0)
  const gradients = kind === 'whole' && recipe.cropsPerStep > 1 ? 2 : 1
  const arrays = stateFile === undefined ? (recipe.average > 0 ? 3 : 2) : 0
  return processMB + (4 * (size + trained * (gradients + arrays) + pass)) / 1e6
}

/**
 * Returns the fastest way to train that fits into memory: the whole graph at once; the same with the optimiser's
 * numbers in a file, which costs one pass over the file per step; block by block, which costs a third more work; or
 * both.
 */
export function planMemory(
  { out, memoryMB }: Pick<FinetuneParams, 'out' | 'memoryMB'>,
  method: Method,
  { config, layout }: Start,
  recipe: TrainingRecipe,
): { execution: Execution; note?: Message } {
  const stateFile = join(dirname(out), `.${basename(out)}.${process.pid}.optimiser`)
  const whole: readonly Execution[] = [{ kind: 'whole' }, { kind: 'whole', stateFile }]
  // Block by block is impossible with a stem: the stem's features reach the head without passing through the blocks.
  const ways: readonly Execution[] = config.stem
    ? whole
    : [...whole, { kind: 'blockwise' }, { kind: 'blockwise', stateFile }]
  const trained = trainedSize(method, layout)
  const needs = { config, method: method.kind, size: layout.size, trained, recipe, nuclei: denseCrop }
  // The estimate includes the memory that this process already uses.
  const free = (process.availableMemory() + process.memoryUsage.rss()) / 1e6
  const available = memoryMB ?? Math.min(free, memoryLimitMB() ?? Infinity)
  const execution = ways.find((way) => trainingMemory(needs, way) <= available) ?? ways[ways.length - 1]
  if (execution === ways[0]) return { execution }
  const note = message('slowTraining', {
    checkpointed: execution.kind === 'blockwise',
    inFile: execution.stateFile !== undefined,
    whole: Math.round(trainingMemory(needs, ways[0])),
    available: Math.round(available),
  })
  return { execution, note }
}

/** Number of nuclei in a dense crop. */
const denseCrop = 200
