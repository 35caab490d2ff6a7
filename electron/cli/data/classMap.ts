import { readFile } from 'node:fs/promises'
import { FailureError, message } from '../../contract/index.ts'
import type { DataImage, DataSet } from '../../formats/dataSets/index.ts'

/**
 * Parses a map from another system's class names to the data's, from "1=neoplastic,2=inflammatory", from JSON ({"1":
 * "neoplastic"}, or HoVer-Net's {"1": ["neoplastic", …]}) or from a file with such JSON. An empty name or "-" means no
 * class ("nolabe=").
 */
export async function classMap(
  text: string | undefined,
  option: '--map' | '--data-map',
): Promise<ReadonlyMap<string, string>> {
  if (text === undefined) return new Map()
  const json = /^\s*\{/.test(text) ? text : /\.json$/i.test(text) ? await readMapFile(text) : undefined
  if (json === undefined) {
    const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
    const wrong = pairs.findIndex((pair) => pair.length !== 2 || !pair[0])
    if (wrong >= 0)
      throw new FailureError('invalid-input', message('mapForm', { option, given: pairs[wrong].join('=') }))
    return new Map(pairs.map(([from, to]) => [from, meaning(to)]))
  }
  try {
    return new Map(
      Object.entries(JSON.parse(json) as Record<string, unknown>).map(([from, to]) => {
        const name: unknown = Array.isArray(to) ? to[0] : to
        if (typeof name !== 'string') throw new TypeError()
        return [from, meaning(name)]
      }),
    )
  } catch {
    throw new FailureError('invalid-input', message('mapForm', { option, given: null }))
  }
}

const meaning = (name: string) => (name === '-' ? '' : name)

const readMapFile = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(() => {
    throw new FailureError('not-found', message('refused', { doing: 'readFile', path, reason: 'missing' }))
  })

/** Returns the index of a class by name, −1 if there is none. Ignores case, because systems capitalise differently. */
export const indexOfClass = (classes: readonly string[], name: string): number =>
  classes.findIndex((known) => known.toLowerCase() === name.toLowerCase())

/**
 * Returns the data sets with renamed classes. Several classes may get the same name. An empty name removes a class, and
 * its nuclei then have no class. Throws FailureError 'invalid-input' if no data set has a class of a mapped name.
 */
export function renameClasses(sets: readonly DataSet[], map: ReadonlyMap<string, string>): DataSet[] {
  const all = [...new Set(sets.flatMap(({ classes }) => classes))]
  const unknown = [...map.keys()].filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new FailureError('invalid-input', message('mapUnknown', { known: all, unknown }))
  return map.size === 0 ? [...sets] : sets.map((set) => renamed(set, map))
}

function renamed(set: DataSet, map: ReadonlyMap<string, string>): DataSet {
  const meant = set.classes.map((name) => map.get(name) ?? name)
  const classes = [...new Set(meant)].filter((name) => name !== '')
  const position = meant.map((name) => classes.indexOf(name))
  return {
    ...set,
    classes,
    images: set.images.map((image) => ({
      ...image,
      ...(image.classIndex && { classIndex: image.classIndex.map((c) => (c < 0 ? -1 : position[c])) }),
    })),
  }
}

/** Returns the classes that occur among the nuclei of these images, in the data set's order. */
export function usedClasses({ classes }: DataSet, images: readonly DataImage[]): string[] {
  const used = new Set(images.flatMap(({ classIndex }) => [...new Set(classIndex ?? [])]))
  return classes.filter((_, c) => used.has(c))
}

/**
 * Returns the indices into `classes` of another system's names, −1 for no class. Throws FailureError 'invalid-input'
 * for a name that is neither a class nor mapped to one, because it would silently count as wrong.
 */
export function mappedClasses(
  names: readonly (string | undefined)[],
  map: ReadonlyMap<string, string>,
  classes: readonly string[],
  where: string,
): Int16Array {
  const unknown = new Set<string>()
  const index = Int16Array.from(names, (name) => {
    if (name === undefined) return -1
    const meant = map.get(name) ?? name
    const position = indexOfClass(classes, meant)
    if (position < 0 && meant !== '') unknown.add(name)
    return position
  })
  if (unknown.size === 0) return index
  throw new FailureError('invalid-input', message('classesOfData', { where, known: classes, unknown: [...unknown] }))
}
