import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const rooms = ['models', 'electron', 'renderer', 'bench']
const mostFiles = 15

/** Folders with one file for each entry of a table, or for each file of one subject, which more folders would tear apart. */
const largeFolders: Readonly<Record<string, string>> = {
  'electron/contract/messages/english': 'the catalogue of sentences, one file for each room',
  'electron/contract/messages/german': 'the same in German',
  'models/ops': 'the table of operators, one file for each group of them',
  'models/metrics': 'one file for each figure of merit',
  'electron/cli/verbs': 'the table of verbs, one file each',
}

/** Files that import each other because they are one concept in several files. */
const allowedCircles: readonly { readonly files: readonly string[]; readonly reason: string }[] = [
  {
    files: ['models/graph/graph.ts', 'models/graph/onnx.ts', 'models/ops/op.ts'],
    reason: 'A graph is built of ops, and an op is defined by what it adds to a graph (types only).',
  },
  {
    files: ['renderer/german.ts', 'renderer/strings.ts'],
    reason: 'The German sentences have the type of the English ones (types only).',
  },
]

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : filesOf(path)
    return /\.(ts|cts|vue)$/.test(entry.name) ? [relative(root, path).replaceAll('\\', '/')] : []
  })
}
const files = rooms.flatMap((room) => filesOf(join(root, room)))

/** What each file imports of the others by a relative path. */
const imports: ReadonlyMap<string, readonly string[]> = new Map(
  files.map((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
      relative(root, resolve(root, dirname(file), path)).replaceAll('\\', '/'),
    )
    return [file, [...new Set(found)]]
  }),
)

/** Groups of files each of which reaches all others of its group by imports (Tarjan 1972), sorted. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const number = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): number => {
    const own = number.size
    number.set(file, own)
    low.set(file, own)
    stack.push(file)
    for (const next of graph.get(file) ?? []) {
      if (!graph.has(next)) continue
      const reached = number.has(next) ? (stack.includes(next) ? (number.get(next) ?? own) : own) : visit(next)
      low.set(file, Math.min(low.get(file) ?? own, reached))
    }
    const lowest = low.get(file) ?? own
    if (lowest === own) {
      const group = stack.splice(stack.indexOf(file))
      if (group.length > 1) circles.push(group.sort())
    }
    return lowest
  }
  for (const file of graph.keys()) if (!number.has(file)) visit(file)
  return circles
}

test('no files import each other in a circle, but those that are one concept', () => {
  const allowed = allowedCircles.map((circle) => circle.files.join('\n'))
  const circles = circlesOf(imports).map((circle) => circle.join('\n'))
  expect(
    circles.filter((circle) => !allowed.includes(circle)),
    'move what both need into a file of its own',
  ).toEqual([])
  expect(
    allowed.filter((circle) => !circles.includes(circle)),
    'take what is mended out of allowedCircles',
  ).toEqual([])
})

test('circles are found, also those of three files and those within larger ones', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', ['e']],
    ['e', ['d', 'f']],
    ['f', []],
  ])
  expect(circlesOf(graph)).toEqual([
    ['d', 'e'],
    ['a', 'b', 'c'],
  ])
})

test(`no folder has more than ${mostFiles} source files, but tables`, () => {
  const counts = new Map<string, number>()
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
  const large = [...counts].filter(([folder, count]) => count > mostFiles && !(folder in largeFolders))
  expect(large, 'make folders by what the files do').toEqual([])
})
