import { FailureError, type FinetuneParams } from '../contract/index.ts'
import { readReplay, type ModelFolder, type Replay } from '../formats/modelFolder.ts'
import type { ParameterLayout } from '../../models/nn/parameters.ts'
import type { Random } from '../../models/nn/random.ts'
import { presets } from '../../models/nucleusVit/config.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { loadModel, type Network } from './network.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

/** µm/px of models trained from random weights: CoNSeP's 1000 px at .25 brought to 796, as the authors do. */
export const scratchMpp = 0.25 * (1000 / 796)

/** What training begins with. */
export interface Start extends Network {
  /** Its encoder's weights are those of `values` until training changes them; a second copy would cost as much again. */
  readonly parent?: ModelFolder
  readonly replay?: Replay
}

/**
 * Parent weights with the head's rows mapped by class name, or random ones ("preset:tiny"). Without classes it is the
 * encoder alone.
 */
export async function startingPoint(params: Pick<FinetuneParams, 'model' | 'classes'>, rng: Random): Promise<Start> {
  const { classes } = params
  if (params.model.startsWith('preset:')) {
    const name = params.model.slice('preset:'.length)
    if (!(name in presets))
      throw new FailureError(
        'invalid-input',
        `A preset must be one of ${Object.keys(presets).join(', ')}; got "${name}".`,
      )
    const config = presets[name as keyof typeof presets]
    const layout = classifierLayout(config, classes.length)
    return { config, classes, mpp: scratchMpp, layout, values: initialise(layout, rng) }
  }
  const parent = await loadModel(params.model)
  const { config, mpp, classes: parentClasses } = parent
  const layout = classifierLayout(config, classes.length)
  const values = new Float32Array(layout.size)
  for (const { name, offset, size } of layout.slots) {
    if (name.startsWith('head.')) continue
    const from = parent.layout.slot(name)
    values.set(parent.values.subarray(from.offset, from.offset + size), offset)
  }
  const part = (layout: ParameterLayout, values: Float32Array, name: string, row: number, length: number) => {
    const { offset } = layout.slot(name)
    return values.subarray(offset + row * length, offset + (row + 1) * length)
  }
  for (const [c, name] of classes.entries()) {
    const old = parentClasses.indexOf(name)
    if (old < 0) continue // a new class starts at zero
    part(layout, values, 'head.weight', c, config.width).set(
      part(parent.layout, parent.values, 'head.weight', old, config.width),
    )
    part(layout, values, 'head.bias', c, 1).set(part(parent.layout, parent.values, 'head.bias', old, 1))
  }
  return {
    config,
    classes,
    mpp,
    layout,
    values,
    parent: parent.folder,
    replay: mapReplay(await readReplay(parent.folder), parentClasses, classes, config.width),
  }
}

/** Replay in the new class order; tokens of classes that are no longer there are left out. */
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
  return kept.length ? { tokens, labels: Int32Array.from(kept, (i) => to.indexOf(from[replay.labels[i]])) } : undefined
}
