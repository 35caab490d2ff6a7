import { createHash } from 'node:crypto'
import { FailureError, message, type Precision } from '../../contract/index.ts'
import { readModelFolder, readModelWeights, type ModelFolder } from '../../formats/weights/modelFolder.ts'
import type { StoredTensor } from '../../formats/weights/safetensors.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { int8Dense, quantiseWeights } from '../../../models/nn/dense.ts'
import { type ParameterLayout } from '../../../models/nn/parameters.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { CropFeeds } from '../../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { bakedSessions, weightsCalled } from '../runtime/bakedSessions.ts'
import { engineSession } from '../runtime/providers.ts'
import { graphSession, type Numbers } from '../runtime/session.ts'
import type { ViewCount } from '../../../models/tiling/views.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'
import { probabilityRows, type Scaling } from '../../../models/train/scaling.ts'

/** A nucleus ViT with its weights in one flat array. */
export interface Network {
  readonly config: NucleusVitConfig
  /** µm per pixel of its crops. */
  readonly mpp: number
  /** Number of views of a crop whose tokens are averaged; 1 if absent. */
  readonly views?: ViewCount
  readonly classes: readonly string[]
  readonly layout: ParameterLayout
  readonly values: Float32Array
}
/** A network loaded from a model folder. */
export interface LoadedModel extends Network {
  readonly folder: ModelFolder
  /** Absent: it has none. */
  readonly calibration?: Scaling
}

/**
 * Returns the probabilities [n, classes] that a model gives for logits [n, classes], calibrated if the model is. The
 * only place where logits become probabilities.
 */
export const probabilitiesOf = (
  { classes, calibration }: Pick<LoadedModel, 'classes' | 'calibration'>,
  logits: Float32Array,
): Float32Array => probabilityRows(logits, classes.length, calibration)

function classifierGraph(config: NucleusVitConfig, classes: number, precision: Precision = 'float32') {
  const graph = new Graph()
  const dense = precision === 'int8' ? { attention: int8Dense, mlp: int8Dense } : undefined
  const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config), { dense })
  return { graph, outputs: { tokens: nuclei, ...(classes > 0 ? { logits: classHead(nuclei, classes) } : {}) } }
}

export async function loadModel(path: string): Promise<LoadedModel> {
  const folder = await readModelFolder(path)
  const stored = await readModelWeights(folder)
  const { architecture: config, mpp, views, classes, calibration } = folder.json
  const layout = classifierLayout(config, classes.length)
  return { folder, config, mpp, views, classes, calibration, layout, values: flatten(layout, stored, folder.path) }
}

/** Copies stored tensors into one flat array in the network's order. An error names the missing or misshapen tensor. */
export function flatten(
  layout: ParameterLayout,
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
): Float32Array {
  const values = new Float32Array(layout.size)
  for (const { name, shape, offset, size } of layout.slots) {
    const tensor = stored.get(name)
    if (!tensor)
      throw new FailureError(
        'unreadable',
        message('weightsWrong', { path: where, flaw: message('flawMissing', { name, expected: shape }) }),
      )
    if (tensor.data.length !== size || tensor.shape.join() !== shape.join())
      throw new FailureError(
        'unreadable',
        message('weightsWrong', {
          path: where,
          flaw: message('flawShape', { name, expected: shape, found: tensor.shape }),
        }),
      )
    values.set(tensor.data, offset)
  }
  return values
}

/** Returns the weights as feeds. They are views of the flat array, so a training step copies nothing. */
export function weightFeeds(
  layout: ParameterLayout,
  values: Float32Array,
  wanted: readonly Value[],
): Record<string, Numbers> {
  return Object.fromEntries(
    wanted.map(({ name }) => {
      const { offset, size } = layout.slot(name)
      return [name, values.subarray(offset, offset + size)]
    }),
  )
}

/** Returns the linear weights of the blocks in the form that int8Dense takes. */
function quantisedFeeds(layout: ParameterLayout, values: Float32Array): Record<string, Numbers> {
  const feeds: Record<string, Numbers> = {}
  for (const { name, shape, offset, size } of layout.slots) {
    if (!/^blocks\..*\.(qkv|proj|fc1|fc2)\.weight$/.test(name)) continue
    const { int8, scale } = quantiseWeights(values.subarray(offset, offset + size), shape[0])
    feeds[`${name}.int8`] = int8
    feeds[`${name}.scale`] = scale
  }
  return feeds
}

/** Returns a hash of all weights except the head's. Encoders with equal hashes make equal tokens. */
export function encoderHash({ layout, values, config, mpp, views = 1 }: Network): string {
  const hash = createHash('sha256').update(JSON.stringify(config)).update(String(mpp))
  if (views > 1) hash.update(`${views} views`)
  for (const { name, offset, size } of layout.slots)
    if (!name.startsWith('head.')) hash.update(name).update(bytesOf(values.subarray(offset, offset + size)))
  return hash.digest('hex')
}
const bytesOf = (a: Float32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

/** The result for one crop. */
export interface Encoded {
  /** [N, F]: the features of each nucleus that the head reads (featureWidth) */
  readonly tokens: Float32Array
  /** [N, classes]; empty for a network without classes */
  readonly logits: Float32Array
  /** The feeds, returned so that their memory can be reused. */
  readonly feeds: CropFeeds
}

export interface Encoder {
  /** How many crops to encode at the same time for best speed. */
  readonly atOnce: number
  /** Encodes the nuclei of a crop. The caller must not touch the feeds until they are returned. */
  run(feeds: CropFeeds): Promise<Encoded>
  /** Drops the weights but keeps the sessions. */
  close(): void
}

const encoderSession = bakedSessions()

const engineEncoderSession: typeof graphSession = (graph, outputs, options) =>
  engineSession(graph, outputs, (g, o, provider) => graphSession(g, o, { ...options, ...provider }))

/**
 * Returns an encoder that takes one crop at a time. All networks of one architecture share a session, because weights
 * are fed. The exception is a stem: its weights are part of the session, which saves a quarter of a crop's time.
 */
export async function encoderOf(
  { config, classes, layout, values }: Omit<Network, 'mpp'>,
  precision: Precision = 'float32',
  makeSession: typeof graphSession = engineEncoderSession,
): Promise<Encoder> {
  const architecture = JSON.stringify([config, classes.length, precision])
  const stem = config.stem ? weightsCalled(layout, values, 'stem.') : new Map<string, Float32Array>()
  const session = await encoderSession(architecture, stem, (weights) => {
    const { graph, outputs } = classifierGraph(config, classes.length, precision)
    return makeSession(graph, outputs, { weights })
  })
  const weights = {
    ...weightFeeds(layout, values, session.parameters),
    ...(precision === 'int8' ? quantisedFeeds(layout, values) : {}),
  }
  return {
    atOnce: 1,
    async run(feeds) {
      const { tokens, logits } = await session.run({ ...weights, ...feeds })
      return {
        tokens: tokens.data as Float32Array,
        logits: logits ? (logits.data as Float32Array) : new Float32Array(0),
        feeds,
      }
    },
    close: () => undefined,
  }
}
