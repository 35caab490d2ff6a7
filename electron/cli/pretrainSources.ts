import type { NucleiSource } from '../contract/index.ts'
import { FailureError } from '../contract/index.ts'
import { openDataSet, selectTiles, type DataImage, type DataSet } from '../formats/dataSet.ts'
import type { Engine } from '../launch/engineClient.ts'
import { nucleiOfImage } from './dataSlides.ts'
import { detectNuclei } from './nuclei.ts'
import { slideScale } from './slideScale.ts'
import { progress } from './verb.ts'

export interface PretrainSources {
  readonly sources: NucleiSource[]
  /** The images that --tiles leaves out. */
  readonly leftOut: NucleiSource[]
}

/** Slides, data sets and folders as pictures with nuclei; where none are given they are found. */
export async function pretrainSources(
  engine: Engine,
  paths: readonly string[],
  { tiles, mpp }: { readonly tiles?: string; readonly mpp?: number },
): Promise<PretrainSources> {
  const sets = await Promise.all(paths.map((path) => openDataSet(path)))
  for (const { path, skipped, notes } of sets) {
    for (const { reason, count } of skipped)
      process.stderr.write(`karyon: ${count} nuclei of ${path} left out: ${reason}\n`)
    for (const note of notes) process.stderr.write(`${path}: ${note}\n`)
  }
  const chosen = chooseTiles(sets, tiles)
  const sources: NucleiSource[] = []
  const leftOut: NucleiSource[] = []
  for (const [s, set] of sets.entries()) {
    // A set without classes whose images have no boxes says nothing of nuclei; an empty tile of another is empty.
    const isKnown = set.images.some((image) => image.boxes.length > 0)
    for (const image of set.images) {
      const source = { ...(await sourceOf(engine, image, isKnown, mpp)), set: s }
      ;(chosen[s].has(image) ? sources : leftOut).push(source)
    }
  }
  if (sources.length === 0)
    throw new FailureError('empty', 'Pre-training needs at least one image; --tiles leaves none.')
  return { sources, leftOut }
}

async function sourceOf(
  engine: Engine,
  image: DataImage,
  isKnown: boolean,
  given: number | undefined,
): Promise<NucleiSource> {
  const mpp = given ?? image.mpp ?? (await slideScale(image.path)).mpp
  if (isKnown) return { slide: image.path, mpp, nuclei: nucleiOfImage(image) }
  progress(`finding nuclei of ${image.name}`)
  return { slide: image.path, mpp, nuclei: await detectNuclei(engine, image.path, mpp) }
}

/** --tiles over several sets: a set none of whose images is named is taken whole, or left out where names are wanted. */
function chooseTiles(sets: readonly DataSet[], tiles: string | undefined): Set<DataImage>[] {
  const chosen = sets.map((set) => {
    try {
      return new Set(selectTiles(set, tiles).images)
    } catch (error) {
      if (!(error instanceof FailureError) || sets.length === 1) throw error
      return undefined
    }
  })
  if (chosen.every((images) => !images)) selectTiles(sets[0], tiles) // fails with its sentence
  return chosen.map((images, s) => images ?? new Set(tiles?.startsWith('!') ? sets[s].images : []))
}
