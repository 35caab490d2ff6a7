import { join } from 'node:path'
import type { Nuclei } from '../../electron/contract/index.ts'
import { MeasurementFailed, progress } from '../../electron/cli/verb.ts'
import { boxesOfDots, dotDetector, dotRadius } from '../../electron/cli/data/dotBoxes.ts'
import { needScale, openData } from '../../electron/cli/data/dataSlides.ts'
import { trueClasses } from '../../electron/cli/data/systems.ts'
import { classifyNuclei } from '../../electron/cli/nuclei.ts'
import type { LoadedModel } from '../../electron/engine/encode/encoder.ts'
import { readTokens, tokenKey } from '../../electron/engine/encode/tokenCache.ts'
import type { DataImage, DataSet } from '../../electron/formats/dataSets/index.ts'
import type { Engine } from '../../electron/launch/engineClient.ts'
import { featureWidth } from '../../models/nucleusVit/config.ts'
import { random } from '../../models/nn/random.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'
import { measurements } from '../../models/metrics/measurements.ts'

/** A tile with everything that is known of its nuclei before anybody labels one. */
export interface Tile {
  readonly name: string
  readonly path: string
  readonly mpp: number
  readonly nuclei: Nuclei
  /** Class of each nucleus, an index into the model's classes; −1: the data does not say. */
  readonly truth: Int16Array
  /** Cache file of the tokens, and its content [n, F]. */
  readonly tokenFile: string
  readonly tokens: Float16Array
  /** What the model says before it has learned: [n, classes]. */
  readonly probabilities: Float32Array
  /** [n, measurements] */
  readonly measured: Float64Array
}

/** The tiles of one seed: those in which the reader labels, and those that nobody touches. */
export interface Split {
  readonly seed: number
  readonly touched: readonly string[]
  readonly untouched: readonly string[]
  /** Hospital of the untouched tiles, which no touched tile is from; null: the names do not tell hospitals. */
  readonly hospital: string | null
}

/** Tissue source site of a TCGA file name: the hospital. */
const hospitalOf = ({ name }: { name: string }): string | null => /TCGA-(\w\w)-/.exec(name)?.[1] ?? null

/**
 * Draws the tiles of each seed. In turn each hospital is left out: the reader labels tiles of the others, and its own
 * tiles are those that nobody touches.
 */
export function splitsOf(
  images: readonly { readonly name: string }[],
  seeds: number,
  most: { readonly touched: number; readonly untouched: number },
): Split[] {
  const hospitals = [...new Set(images.map(hospitalOf))].filter((name) => name !== null).sort()
  return Array.from({ length: seeds }, (_, s) => {
    const rng = random(s + 1)
    const order = [...rng.permutation(images.length)].map((i) => images[i])
    const hospital = hospitals.length > 1 ? hospitals[s % hospitals.length] : null
    const isOut = (image: { name: string }, k: number) =>
      hospital === null ? k < most.untouched : hospitalOf(image) === hospital
    const names = (wanted: boolean, n: number) =>
      order
        .filter((image, k) => isOut(image, k) === wanted)
        .slice(0, n)
        .map(({ name }) => name)
    return { seed: s + 1, touched: names(false, most.touched), untouched: names(true, most.untouched), hospital }
  })
}

export interface TileOptions {
  readonly data: string
  readonly dataMap?: string
  /** Names of the tiles to use; all if absent. */
  readonly tiles?: string
  readonly detector?: string
}

/** Opens the data set. Its images with the classes are few numbers; pixels are read when a tile is prepared. */
export async function openTiles(options: TileOptions): Promise<DataSet> {
  const [set] = (await openData([options.data], { dataMap: options.dataMap, tiles: options.tiles })).chosen
  needScale(set)
  return set
}

/** Finds, encodes, classifies and measures the nuclei of the named tiles of a data set. */
export async function prepareTiles(
  engine: Engine,
  set: DataSet,
  names: ReadonlySet<string>,
  model: LoadedModel,
  { detector, folder }: { readonly detector?: string; readonly folder: string },
): Promise<Map<string, Tile>> {
  const wanted = { ...set, images: set.images.filter(({ name }) => names.has(name)) }
  const { set: boxed } = await boxesOfDots(engine, wanted, await dotDetector(detector), dotRadius)
  const tiles = new Map<string, Tile>()
  for (const image of boxed.images) {
    progress(`encoding tile ${tiles.size + 1}/${boxed.images.length}`)
    tiles.set(image.name, await prepared(engine, image, boxed.classes, model, join(folder, `tokens-${tiles.size}`)))
  }
  return tiles
}

async function prepared(
  engine: Engine,
  image: DataImage,
  setClasses: readonly string[],
  model: LoadedModel,
  tokenFile: string,
): Promise<Tile> {
  const outlines = await image.outlines()
  const { name, path } = image
  const mpp = image.mpp!
  if (!outlines || outlines.length === 0)
    throw new MeasurementFailed(`No nucleus with an outline was found on ${name}.`)
  const nuclei = nucleiFromOutlines(
    outlines.map((outline) => Array.from(outline)),
    'detected',
  )
  const { probabilities } = await classifyNuclei(engine, path, mpp, nuclei, model.folder.path, { tokens: tokenFile })
  const tokens = await readTokens(tokenFile, await tokenKey(path, mpp, nuclei, model), featureWidth(model.config))
  if (!tokens) throw new MeasurementFailed(`The tokens of ${name} were not kept.`)
  const { data, width, height } = await image.pixels()
  return {
    ...{ name, path, mpp, nuclei, tokenFile, tokens, probabilities },
    truth: trueClasses(image, setClasses, model.classes),
    measured: measurements(data, width, height, outlines, mpp),
  }
}
