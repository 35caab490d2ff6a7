import type { FinetuneParams } from '../../contract/index.ts'
import { presetConfig, readReplay, type ModelFolder, type Replay } from '../../formats/weights/modelFolder.ts'
import { weightsOf, type ParameterLayout, type Weights } from '../../../models/nn/parameters.ts'
import type { Random } from '../../../models/nn/random.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { loadModel, type LoadedModel, type Network } from '../encode/encoder.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { scratchMpp } from '../crops/trainingMpp.ts'

/** The network that training starts from. */
export interface Start extends Network {
  /**
   * Folder of the parent. Its encoder's weights are in `values` until training changes them; a copy would double
   * memory.
   */
  readonly parent?: ModelFolder
  readonly replay?: Replay
}

/**
 * Loads the parent's weights with the head's rows mapped by class name, or creates random weights ("preset:tiny").
 * Without classes the network is the encoder alone.
 * @param slides the slides that random weights will be trained on; they set the network's µm/px
 */
export async function startingPoint(
  { model, classes, slides }: Pick<FinetuneParams, 'model' | 'classes'> & Partial<Pick<FinetuneParams, 'slides'>>,
  rng: Random,
): Promise<Start> {
  if (model.startsWith('preset:')) {
    const config = presetConfig(model.slice('preset:'.length))
    const layout = classifierLayout(config, classes.length)
    const mpp = await scratchMpp(slides ?? [], config.imageSize)
    return { config, classes, mpp, layout, values: initialise(layout, rng, config) }
  }
  const parent = await loadModel(model)
  const { config, mpp, views } = parent
  const layout = classifierLayout(config, classes.length)
  // Nothing else uses the loaded parent, so its weights are copied only if the classes change.
  const isSame = classes.join('\n') === parent.classes.join('\n')
  const values = isSame ? parent.values : withClasses(parent, classes, layout)
  const replay = mapReplay(await readReplay(parent.folder), parent.classes, classes, featureWidth(config))
  return { config, classes, mpp, views, layout, values, parent: parent.folder, replay }
}

/**
 * Returns the parent's weights with head rows for `classes`: the parent's row for a known name, zeros for a new one.
 */
function withClasses(parent: LoadedModel, classes: readonly string[], layout: ParameterLayout): Float32Array {
  const { config, classes: parentClasses } = parent
  const values = new Float32Array(layout.size)
  for (const { name, offset } of layout.slots)
    if (!name.startsWith('head.')) values.set(weightsOf(parent, name), offset)
  const rowOf = (weights: Weights, name: string, row: number, length: number) =>
    weightsOf(weights, name).subarray(row * length, (row + 1) * length)
  for (const [c, name] of classes.entries()) {
    const old = parentClasses.indexOf(name)
    if (old < 0) continue
    for (const [part, length] of [
      ['head.weight', featureWidth(config)],
      ['head.bias', 1],
    ] as const)
      rowOf({ layout, values }, part, c, length).set(rowOf(parent, part, old, length))
  }
  return values
}

/** Returns the replay in the new class order, without the tokens of classes that no longer exist. */
function mapReplay(
  replay: Replay | undefined,
  from: readonly string[],
  to: readonly string[],
  width: number,
): Replay | undefined {
  if (!replay) return undefined
  const kept = [...replay.labels.keys()].filter((i) => to.includes(from[replay.labels[i]]))
  const tokens = new Float32Array(kept.length * width)
  kept.forEach((i, k) => tokens.set(replay.tokens.subarray(i * width, (i + 1) * width), k * width))
  if (kept.length === 0) return undefined
  const labels = Int32Array.from(kept, (i) => to.indexOf(from[replay.labels[i]]))
  const { unknown } = replay
  if (!unknown) return { tokens, labels }
  // A class that the parent does not have is new: its own labels are told from all that the parent knew.
  const columns = to.map((name) => from.indexOf(name))
  const mapped = kept.flatMap((i) => columns.map((c) => (c < 0 ? 0 : unknown[i * from.length + c])))
  return { tokens, labels, unknown: Int32Array.from(mapped) }
}
