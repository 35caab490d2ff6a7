import { readFile } from 'node:fs/promises'
import { FailureError } from '../contract/index.ts'

const form =
  '--map must be name=name pairs ("1=neoplastic,2=inflammatory"), JSON, or a JSON file such as type_info.json'

/**
 * Another system's class names as the data's: from "1=neoplastic,2=inflammatory", from JSON ({"1": "neoplastic"}, or
 * HoVer-Net's {"1": ["neoplastic", …]}) or from a file with such JSON. An empty name is no class ("nolabe=").
 */
export async function classMap(text: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (text === undefined) return new Map()
  const json = /^\s*\{/.test(text) ? text : /\.json$/i.test(text) ? await readMapFile(text) : undefined
  if (json === undefined) {
    const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
    const wrong = pairs.findIndex((pair) => pair.length !== 2 || !pair[0])
    if (wrong >= 0) throw new FailureError('invalid-input', `${form}; got "${pairs[wrong].join('=')}".`)
    return new Map(pairs.map(([from, to]) => [from, to]))
  }
  try {
    return new Map(
      Object.entries(JSON.parse(json) as Record<string, unknown>).map(([from, to]) => {
        const name: unknown = Array.isArray(to) ? to[0] : to
        if (typeof name !== 'string') throw new TypeError()
        return [from, name]
      }),
    )
  } catch {
    throw new FailureError('invalid-input', `${form}; its JSON must be an object of names.`)
  }
}

const readMapFile = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(() => {
    throw new FailureError('not-found', `The class map ${path} cannot be read. Check the path.`)
  })

/**
 * Indices into `classes` of names that another system gave, −1 for none. A name that is neither a class nor mapped to
 * one fails with 'invalid-input': it would silently count as wrong.
 */
export function mappedClasses(
  names: readonly (string | undefined)[],
  map: ReadonlyMap<string, string>,
  classes: readonly string[],
  where: string,
): Int16Array {
  const lower = classes.map((c) => c.toLowerCase())
  const unknown = new Set<string>()
  const index = Int16Array.from(names, (name) => {
    if (name === undefined) return -1
    const meant = map.get(name) ?? name
    const position = lower.indexOf(meant.toLowerCase())
    if (position < 0 && meant !== '') unknown.add(name)
    return position
  })
  if (unknown.size === 0) return index
  const [first] = unknown
  throw new FailureError(
    'invalid-input',
    `The classes of ${where} must be those of the data (${classes.join(', ')}); "${[...unknown].join('", "')}" is not. ` +
      `Say what it means with --map "${first}=${classes[0]}", or "${first}=" for none of them.`,
  )
}
