import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { readTokenizerFolder, isStemArchitecture } from '../../formats/weights/tokenizerFolder.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { layoutOf, type Weights } from '../../../models/nn/parameters.ts'
import { stemPixel } from '../../../models/stem/efficientNet.ts'
import {
  stemTokens,
  tokenised,
  type StemTokenizerConfig,
  type Tokenised,
} from '../../../models/tokenizer/stemTokenizer.ts'
import { flatten, weightFeeds } from '../encode/encoder.ts'
import { engineSession } from '../runtime/providers.ts'
import type { GraphSession, Numbers } from '../runtime/session.ts'

/** Makes visual tokens from a frozen stem's features of a crop and of the nuclei in it. */
export interface StemTokenizer {
  readonly id: string
  readonly hash: string
  readonly config: StemTokenizerConfig
  /**
   * @param rgb interleaved bytes of a square crop, whose side is divisible by 16
   * @param rois RoIAlign of its nuclei (stemRois)
   * @returns tokens of the crop's patches, row by row, and of its nuclei, whose standardised features [N, C] follow
   */
  tokens(
    rgb: Uint8Array,
    side: number,
    rois: Record<string, Numbers>,
  ): Promise<Record<Tokenised, Int32Array> & { readonly features: Float32Array }>
}

/** Whether the path is the folder of a tokenizer made from a stem. */
export async function isStemTokenizer(path: string): Promise<boolean> {
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  )
  return isFolder && isStemArchitecture((await readTokenizerFolder(path)).json.architecture)
}

/** @throws FailureError 'unreadable' if a tensor is missing or misshapen */
export async function openStemTokenizer(path: string): Promise<StemTokenizer> {
  const { json, weights: stored } = await readTokenizerFolder(path)
  const { architecture: config } = json
  if (!isStemArchitecture(config)) throw new Error(`${path} is not a tokenizer made from a stem.`)
  const layout = stemTokenizerLayout(config)
  const made = stemTokenMaker(config, { layout, values: flatten(layout, stored, path) })
  const hash = createHash('sha256')
    .update(JSON.stringify([config, json.weightsHash]))
    .digest('hex')
  return { id: json.id, hash, config, tokens: made }
}

export function stemTokenizerLayout(config: StemTokenizerConfig) {
  const graph = new Graph()
  stemTokens(graph, config, 32)
  return layoutOf(graph.parameters)
}

/** Returns a function that makes tokens with these weights. It keeps one session per side of a crop. */
export function stemTokenMaker(config: StemTokenizerConfig, weights: Weights): StemTokenizer['tokens'] {
  const sessions = new Map<number, Promise<GraphSession>>()
  return async (rgb, side, rois) => {
    let opening = sessions.get(side)
    if (!opening) {
      const graph = new Graph()
      sessions.set(side, (opening = engineSession(graph, stemTokens(graph, config, side))))
    }
    const session = await opening
    const feeds = { ...weightFeeds(weights.layout, weights.values, session.parameters), image: stemImage(rgb), ...rois }
    const out = await session.run(feeds)
    const [patch, nucleus] = tokenised.map((what) => Int32Array.from(out[what].data as BigInt64Array, Number))
    return { patch, nucleus, features: out.features.data as Float32Array }
  }
}

/** Interleaved bytes → [1, 3, S, S] as a stem sees pixels. */
export function stemImage(rgb: Uint8Array): Float32Array {
  const plane = rgb.length / 3
  const image = new Float32Array(rgb.length)
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) image[c * plane + i] = stemPixel(rgb[3 * i + c])
  return image
}
