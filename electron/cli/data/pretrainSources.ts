import type { NucleiSource } from '../../contract/index.ts'
import { FailureError, message } from '../../contract/index.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { openData, outlinedNucleiOfImage } from './dataSlides.ts'
import { detectNuclei } from '../nuclei.ts'
import { slideScale } from '../slideScale.ts'
import { progress } from '../verb.ts'

export interface PretrainSources {
  readonly sources: NucleiSource[]
  /** Images that --tiles excludes. */
  readonly leftOut: NucleiSource[]
}

/** Returns slides, data sets and folders as pictures with nuclei. Nuclei that are not given are detected. */
export async function pretrainSources(
  engine: Engine,
  paths: readonly string[],
  { tiles, mpp }: { readonly tiles?: string; readonly mpp?: number },
): Promise<PretrainSources> {
  const { chosen, left } = await openData(paths, { tiles, mpp })
  const sources: NucleiSource[] = []
  const leftOut: NucleiSource[] = []
  for (const set of chosen.keys()) {
    // If no image of a set has boxes, its nuclei are unknown. If others have some, an image without boxes is empty.
    const isKnown = [chosen[set], left[set]].some(({ images }) => images.some((image) => image.boxes.length > 0))
    for (const image of chosen[set].images) sources.push({ ...(await sourceOf(engine, image, isKnown)), set })
    for (const image of left[set].images) leftOut.push({ ...(await sourceOf(engine, image, isKnown)), set })
  }
  if (sources.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  return { sources, leftOut }
}

async function sourceOf(engine: Engine, image: DataImage, isKnown: boolean): Promise<NucleiSource> {
  const mpp = image.mpp ?? (await slideScale(image.path)).mpp
  if (isKnown) return { slide: image.path, mpp, nuclei: await outlinedNucleiOfImage(image) }
  progress(`finding nuclei of ${image.name}`)
  return { slide: image.path, mpp, nuclei: await detectNuclei(engine, image.path, mpp) }
}
