import { basename, dirname, join } from 'node:path'
import { type FinetuneParams, type Message, message } from '../../contract/index.ts'
import { gridOf, type NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { ParameterLayout } from '../../../models/nn/parameters.ts'
import { stemNumbers } from '../../../models/stem/efficientNet.ts'
import type { TrainingRecipe } from '../../../models/train/recipes.ts'
import type { Start } from './startingPoint.ts'
import { trainedSize, type Method } from './trainable.ts'
import type { Execution } from './trainNetwork.ts'
import { lanesFor } from '../runtime/lanes.ts'
import { memoryLimitMB } from '../runtime/limits.ts'

/** Everything that determines the memory of training. */
export interface MemoryNeeds {
  readonly config: NucleusVitConfig
  readonly method: Method['kind']
  /** The stem is not trained. A method that trains only the head or LoRA never trains it. */
  readonly stillStem?: boolean
  /** How many numbers the network has. `trained` is how many of them are trained. */
  readonly size: number
  readonly trained: number
  readonly recipe: Pick<TrainingRecipe, 'average' | 'cropsPerStep'>
  /** Nuclei in a crop. */
  readonly nuclei: number
}

/** A lane's thread, with outputs of onnxruntime that are not yet collected as garbage, MB. Measured with tiny and small. */
const laneMB = 80
/** What pre-training holds beside the network, MB: the tokenizer, regions of the data, crops that are ready. */
const tokensMB = 190
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
export function trainingMemory(needs: MemoryNeeds, { kind, stateFile, lanes = 1 }: Execution): number {
  const { config, method, stillStem, size, trained, recipe, nuclei } = needs
  const tokens = 1 + gridOf(config) ** 2 + nuclei
  // Inputs of the linear layers and norms; queries, keys and values; the MLP's hidden layer before and after GELU;
  // attention probabilities.
  const layer = 16 * tokens * config.width + config.heads * tokens ** 2
  const blocks = layer * layersKept[kind][method] * (kind === 'whole' ? config.layers : 1)
  const pass =
    blocks + (config.stem ? stemKept[stillStem ? 'head' : method] * stemNumbers(config.stem, config.imageSize) : 0)
  const inWork = lanes > 1 ? Math.min(2 * lanes, recipe.cropsPerStep) : 1 // crops with a gradient of their own
  const gradients = kind === 'whole' && recipe.cropsPerStep > 1 ? 1 + inWork : 1
  const copies = lanes > 1 ? size : 0 // the weights that the lanes read
  const arrays = stateFile === undefined ? (recipe.average > 0 ? 3 : 2) : 0
  const ofLanes = lanes > 1 ? lanes * laneMB : 0
  return processMB + ofLanes + (4 * (size + copies + trained * (gradients + arrays) + lanes * pass)) / 1e6
}

/** Returns the memory that a training may take in all, MB: what is free, or the limit that the user has set. */
function availableMB(memoryMB?: number): number {
  // The estimates include the memory that this process already uses.
  const free = (process.availableMemory() + process.memoryUsage.rss()) / 1e6
  return memoryMB ?? Math.min(free, memoryLimitMB() ?? Infinity)
}

/**
 * Returns in how many lanes to compute the crops of a step.
 * @param threads number of threads to divide among them
 * @param memory estimates the peak memory of the process, MB
 */
export async function lanesThatFit(threads: number, memory: (lanes: number) => number): Promise<number> {
  const most = await lanesFor(threads)
  return memory(most) <= availableMB() ? most : 1
}

/** Estimates the peak memory of an engine process during pre-training, MB (10⁶ bytes). */
export const pretrainingMemory = (
  config: NucleusVitConfig,
  recipe: MemoryNeeds['recipe'],
  { size }: Pick<ParameterLayout, 'size'>,
  { trains, lanes }: { readonly trains: (name: string) => boolean; readonly lanes: number },
): number =>
  tokensMB +
  trainingMemory(
    { config, method: 'full', stillStem: !trains('stem.'), size, trained: size, recipe, nuclei: denseCrop },
    { kind: 'whole', lanes },
  )

/**
 * Returns the fastest way to train that fits into memory: several crops at once; the whole graph of one crop at once; the same with the optimiser's
 * numbers in a file, which costs one pass over the file per step; block by block, which costs a third more work; or
 * both.
 * @param most in how many lanes crops may be computed at once
 */
export function planMemory(
  { out, memoryMB }: Pick<FinetuneParams, 'out' | 'memoryMB'>,
  method: Method,
  { config, layout }: Start,
  recipe: TrainingRecipe,
  most = 1,
): { execution: Execution; note?: Message } {
  const stateFile = join(dirname(out), `.${basename(out)}.${process.pid}.optimiser`)
  const lanes = Math.min(most, recipe.cropsPerStep)
  const inLanes: readonly Execution[] = lanes > 1 ? [{ kind: 'whole', lanes }] : []
  const whole: readonly Execution[] = [...inLanes, { kind: 'whole' }, { kind: 'whole', stateFile }]
  // Block by block is impossible with a stem: the stem's features reach the head without passing through the blocks.
  const ways: readonly Execution[] = config.stem
    ? whole
    : [...whole, { kind: 'blockwise' }, { kind: 'blockwise', stateFile }]
  const trained = trainedSize(method, layout)
  const stillStem = method.kind === 'full' && method.stem === 'frozen'
  const needs = { config, method: method.kind, stillStem, size: layout.size, trained, recipe, nuclei: denseCrop }
  const available = availableMB(memoryMB)
  const execution = ways.find((way) => trainingMemory(needs, way) <= available) ?? ways[ways.length - 1]
  if (execution.kind === 'whole' && execution.stateFile === undefined) return { execution }
  const note = message('slowTraining', {
    checkpointed: execution.kind === 'blockwise',
    inFile: execution.stateFile !== undefined,
    whole: Math.round(trainingMemory(needs, { kind: 'whole' })),
    available: Math.round(available),
  })
  return { execution, note }
}

/** Number of nuclei in a dense crop. */
const denseCrop = 200
