import { join } from 'node:path'
import { FailureError, message, unwrap } from '../../contract/index.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { findModel } from '../../launch/models.ts'
import { openSlide, slideQuality } from '../../slides/index.ts'
import { fewestTiles } from '../../../models/tissue/stainDistance.ts'
import { progress } from '../verb.ts'
import { openData, type DataOptions } from './dataSlides.ts'

export interface StainOptions extends DataOptions {
  readonly model: string
  readonly data: string[]
}

/**
 * Measures the stains of the tiles that a model was trained on, and writes them into its description, so that the app can
 * tell when a slide's stain is unlike any of them (models/tissue/stainDistance.ts). Tiles without tissue are left out.
 */
export async function writeTrainingStains(options: StainOptions) {
  const folder = await findModel(options.model)
  const { json } = await readModelFolder(folder)
  const images = (await openData(options.data, options)).chosen.flatMap((set) => set.images)
  const tiles: [number, number, number][] = []
  const rounded = (v: number) => Number(v.toFixed(4))
  for (const [k, { path, mpp }] of images.entries()) {
    progress(`measuring tile ${k + 1}/${images.length}`)
    const reader = unwrap(await openSlide(path, mpp === null ? {} : { mpp }))
    const { stains } = await slideQuality(reader).finally(() => reader.close())
    if (stains) tiles.push([rounded(stains.haematoxylin), rounded(stains.eosin), rounded(stains.residual)])
  }
  if (tiles.length < fewestTiles)
    throw new FailureError('invalid-input', message('stainTiles', { least: fewestTiles, found: tiles.length }))
  // One line a tile, so that people can still read the file.
  const text = JSON.stringify({ ...json, stains: { tiles } }, null, 2)
  const lines = text.replace(/\[\s+([\d.]+),\s+([\d.]+),\s+([\d.]+)\s+\]/g, '[$1, $2, $3]')
  await writeAtomically(join(folder, 'model.json'), [lines + '\n'])
  return { model: folder, tiles: tiles.length, without: images.length - tiles.length }
}
