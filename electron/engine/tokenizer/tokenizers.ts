import { dvaeMessage } from '../../formats/weights/networkMessages.ts'
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import type { StoredTensor } from '../../formats/weights/safetensors.ts'
import { isStemArchitecture, readTokenizerFolder } from '../../formats/weights/tokenizerFolder.ts'
import { readTorchModule } from '../../formats/torch/index.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import { dvaeConfigOf } from '../../../models/tokenizer/dvaeConfig.ts'
import { dvaeEncoder, visualTokens } from '../../../models/tokenizer/dvaeEncoder.ts'
import {
  codebookOf,
  codePreference,
  nearestCodes,
  stainEncoder,
  type StainTokenizerConfig,
} from '../../../models/tokenizer/stainTokenizer.ts'
import { planes, stainPlanes } from '../../../models/tokenizer/stainPlanes.ts'
import { flatten, weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession, Numbers } from '../runtime/session.ts'
import { tokenizerGraph, tokenizerLayout } from './step.ts'
import { pixelsPerToken } from '../../../models/tokenizer/views.ts'

/** Makes visual tokens: the targets of masked image modelling. */
export interface Tokenizer {
  readonly id: string
  /** SHA-256 of everything that determines its tokens. It distinguishes tokenizers with the same name. */
  readonly hash: string
  /** Tokens are 0 … vocabulary − 1. */
  readonly vocabulary: number
  /**
   * @param rgb interleaved bytes [count, side, side, 3]
   * @param side divisible by 8
   * @returns row-major [count, side/8, side/8]
   */
  tokens(rgb: Uint8Array, side: number, count: number): Promise<Int32Array>
  /** Reconstructs one picture from its tokens. Absent if the tokenizer cannot. */
  reconstruct?(rgb: Uint8Array, side: number): Promise<Reconstruction>
}
export interface Reconstruction {
  /** The tokenizer's view, stain planes [2, side, side] */
  readonly seen: Float32Array
  /** The same, reconstructed from the tokens alone */
  readonly back: Float32Array
}

/**
 * Opens a tokenizer folder of ours, or DALL-E's published encoder .pkl.
 * @throws FailureError 'not-found'; 'unreadable' if it is damaged, truncated or not a tokenizer
 */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  )
  return isFolder ? openFolder(path) : openDvae(path)
}

async function openFolder(path: string): Promise<Tokenizer> {
  const { json, weights } = await readTokenizerFolder(path)
  const { architecture: config } = json
  if (isStemArchitecture(config)) throw new Error(`${path} is a stem's tokenizer: openStemTokenizer opens it.`)
  const network: TokenNetwork = {
    channels: planes,
    tokens: (image) =>
      nearestCodes(stainEncoder(config, image), codebookOf(image, config), codePreference(image, config)),
  }
  return {
    ...tokenizer(json.id, config, network, { stored: weights, path }, (rgb, side, count) =>
      stainPlanes(rgb, side, count, config.scale),
    ),
    reconstruct: reconstruction(config, weights, path),
  }
}

/** Makes a function that reconstructs pictures, with one session of encoder, codebook and decoder per side length. */
function reconstruction(config: StainTokenizerConfig, stored: ReadonlyMap<string, StoredTensor>, path: string) {
  const layout = tokenizerLayout(config)
  const values = flatten(layout, stored, path)
  const sessions = new Map<number, Promise<GraphSession>>()
  return async (rgb: Uint8Array, side: number): Promise<Reconstruction> => {
    let made = sessions.get(side)
    if (!made) {
      const { graph, picture } = tokenizerGraph(config, side)
      made = engineSession(graph, { picture })
      sessions.set(side, made)
    }
    const session = await made
    const seen = stainPlanes(rgb, side, 1, config.scale)
    const { picture } = await session.run({ ...weightFeeds(layout, values, session.parameters), image: seen })
    return { seen, back: picture.data as Float32Array }
  }
}

async function openDvae(path: string): Promise<Tokenizer> {
  const stored = await readTorchModule(path)
  const found = dvaeConfigOf(stored)
  if ('problem' in found)
    throw new FailureError('unreadable', message('tokenizerNot', { path, problem: dvaeMessage(found.problem) }))
  const { config } = found
  const network: TokenNetwork = { channels: 3, tokens: (image) => visualTokens(dvaeEncoder(config, image)) }
  return tokenizer(`dall-e (${basename(path)})`, config, network, { stored, path }, unitRange)
}

interface TokenNetwork {
  readonly channels: number
  /** [B, channels, side, side] → B·(side/8)² tokens in reading order, int64 */
  readonly tokens: (image: Value) => Value
}

/** Makes a tokenizer with one session per side length. Pictures come in two sizes, crops and nuclei. */
function tokenizer(
  id: string,
  config: { readonly vocabulary: number },
  { channels, tokens }: TokenNetwork,
  { stored, path }: { stored: ReadonlyMap<string, StoredTensor>; path: string },
  prepare: (rgb: Uint8Array, side: number, count: number) => Float32Array,
): Tokenizer {
  const weightsOf = (graph: Graph): Record<string, Numbers> => {
    const layout = layoutOf(graph.parameters)
    return weightFeeds(layout, flatten(layout, stored, path), graph.parameters)
  }
  const small = new Graph()
  tokens(small.input('image', ['B', channels, pixelsPerToken, pixelsPerToken]))
  const weights = weightsOf(small) // throws now, not at the first picture, if a tensor is missing or misshapen
  const sessions = new Map<number, Promise<GraphSession>>()
  const sessionFor = (side: number): Promise<GraphSession> => {
    if (side % pixelsPerToken !== 0 || side <= 0)
      throw new Error(`A tokenizer's picture must have a side divisible by ${pixelsPerToken}; got ${side}.`)
    let made = sessions.get(side)
    if (!made) {
      const graph = new Graph()
      made = engineSession(graph, { tokens: tokens(graph.input('image', ['B', channels, side, side])) })
      sessions.set(side, made)
    }
    return made
  }
  const { vocabulary } = config
  return {
    id,
    hash: hashOf(config, stored),
    vocabulary,
    async tokens(rgb, side, count) {
      if (rgb.length !== 3 * side * side * count)
        throw new Error(
          `${count} pictures of side ${side} must have ${3 * side * side * count} bytes; got ${rgb.length}.`,
        )
      const session = await sessionFor(side)
      const result = new Int32Array(count * (side / pixelsPerToken) ** 2)
      // DALL-E's encoder holds 256 channels at full resolution: 100 nuclei at once would take a gigabyte.
      const perRun = Math.max(1, Math.floor(pixelsPerRun / side ** 2))
      for (let from = 0, at = 0; from < count; from += perRun) {
        const n = Math.min(perRun, count - from)
        const image = prepare(rgb.subarray(3 * side * side * from, 3 * side * side * (from + n)), side, n)
        const { data } = (await session.run({ ...weights, image })).tokens
        for (const token of data) result[at++] = Number(token)
      }
      return result
    },
  }
}

function hashOf(config: object, stored: ReadonlyMap<string, StoredTensor>): string {
  const hash = createHash('sha256').update(JSON.stringify(config))
  for (const [name, { shape, data }] of [...stored].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash
      .update(`${name} ${shape.join()} ${data.constructor.name}`)
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return hash.digest('hex')
}

/** One crop of 224 px, or 49 nuclei of 32. */
const pixelsPerRun = 224 ** 2

/** [count, side, side, 3] bytes → [count, 3, side, side] in 0…1 */
function unitRange(rgb: Uint8Array, side: number, count: number): Float32Array {
  const pixels = side * side
  const out = new Float32Array(rgb.length)
  for (let image = 0; image < count; image++)
    for (let c = 0; c < 3; c++) {
      const at = (3 * image + c) * pixels
      for (let p = 0, k = 3 * image * pixels + c; p < pixels; p++, k += 3) out[at + p] = rgb[k] / 255
    }
  return out
}
