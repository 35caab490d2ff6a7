import { FailureError, message } from '../../contract/index.ts'
import { coco } from './coco.ts'
import { consep } from './consep.ts'
import type { DataImage, DataSet, DataSetReader, OpenDataSetOptions, Place } from './dataImage.ts'
import { dots } from './dots.ts'
import { geoJsonFolder } from './geoJsonFolder.ts'
import { hoverNetFolder } from './hoverNetFolder.ts'
import { maskFolder } from './masks.ts'
import { panNuke } from './panNuke/index.ts'
import { look } from './place.ts'
import { pictureFolder, singlePicture } from './plainImages.ts'

export type { DataImage, DataSet, OpenDataSetOptions, Outlines } from './dataImage.ts'

/** Every data set format, specific before generic: the first that recognises a path reads it. */
export const dataSetReaders: readonly DataSetReader[] = [
  dots,
  coco,
  consep,
  panNuke,
  hoverNetFolder,
  geoJsonFolder,
  maskFolder,
  pictureFolder,
  singlePicture,
]

/**
 * A data set in whichever of the known forms it lies. Its boxes are read here, its pictures and outlines one at a time
 * when asked for. Fails with 'not-found', 'unsupported' (no known form), 'unreadable', 'invalid-input' (parts that do
 * not fit together) or 'empty'.
 */
export async function openDataSet(path: string, options: OpenDataSetOptions = {}): Promise<DataSet> {
  const place = await look(path)
  const reader = await recognise(place)
  if (!reader)
    throw new FailureError('unsupported', message('dataForm', { path, forms: dataSetReaders.map((r) => r.form) }))
  const set = await reader.open(place, options)
  if (set.images.length === 0) throw new FailureError('empty', message('dataEmpty', { path }))
  return set
}

async function recognise(place: Place): Promise<DataSetReader | undefined> {
  for (const reader of dataSetReaders) if (await reader.detect(place)) return reader
  return undefined
}

export interface ChosenTiles {
  /** Each of the data sets with the pictures that were chosen; perhaps none. */
  readonly chosen: DataSet[]
  /** Each with the others. */
  readonly left: DataSet[]
}

/**
 * Pictures by `--tiles`: names separated by commas; with a leading ! those are left out. A name matches the whole
 * picture name, or what stands before or after its last underscore ("3" for train_3, "fold1" for all of a fold); of a
 * name with a folder also that, and what matches the rest. Of several data sets it touches each in which it matches.
 * Fails where a name matches in none. Without names all are chosen.
 */
export function chooseTiles(sets: readonly DataSet[], tiles: string | undefined): ChosenTiles {
  const isNegative = tiles?.startsWith('!') ?? true
  const names = (tiles ?? '')
    .slice(isNegative ? 1 : 0)
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const missing = names.filter((name) => !sets.some(({ images }) => images.some((image) => matches(image.name, name))))
  if (tiles !== undefined && (names.length === 0 || missing.length > 0))
    throw new FailureError(
      'invalid-input',
      message('tilesUnknown', { sets: sets.map((set) => set.path), names: missing }),
    )
  const isNamed = ({ name }: DataImage) => names.some((wanted) => matches(name, wanted))
  const where = (named: boolean) =>
    sets.map((set) => ({ ...set, images: set.images.filter((image) => isNamed(image) === named) }))
  return { chosen: where(!isNegative), left: where(isNegative) }
}

function matches(name: string, tile: string): boolean {
  const slash = name.lastIndexOf('/')
  if (slash > 0) return name === tile || name.slice(0, slash) === tile || matches(name.slice(slash + 1), tile)
  const bar = name.lastIndexOf('_')
  return name === tile || name.slice(bar + 1) === tile || (bar > 0 && name.slice(0, bar) === tile)
}
