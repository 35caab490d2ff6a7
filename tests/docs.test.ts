import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Folders of the repository; others hold what is built or installed. */
const folders = ['bench', 'bin', 'docs', 'electron', 'models', 'renderer', 'resources', 'tests']
const present = [
  ...folders,
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((path) =>
      posix.join(folder, String(path).replaceAll('\\', '/')),
    ),
  ),
]
const paths = new Set(present)
/** Every path and its ends: a README names files from its room, ARCHITECTURE.md leaves out what a sentence has said. */
const ends = new Set(present.flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(i).join('/'))))

/** The change log names files of its time. */
const documents = present.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md')

/** Folders of the reader that the examples name. */
const isExample = (path: string) => /^(models\/my-|dist\/|node_modules\/)|version-N/.test(path)

/** Paths that a document names: in backticks with a code file's ending or a folder's, and in commands from a room on. */
function named(text: string): string[] {
  const quoted = [...text.matchAll(/`((?:[\w@-][\w.@-]*\/)*[\w@-][\w.@-]*\.(?:ts|cts|vue|js|css|html|yml))`/g)]
  const rooted = [...text.matchAll(new RegExp(`(?<![\\w./@-])((?:${folders.join('|')})/[\\w./-]*\\w)(?![\\w<*])`, 'g'))]
  return [...quoted, ...rooted].map(([, path]) => path).filter((path) => !isExample(path))
}

test.each(documents)('%s names only files and folders that exist', (document) => {
  const text = read(document)
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^\w+:/.test(target))
  const linked = (target: string) => posix.join(posix.dirname(document), target).replace(/\/$/, '')
  expect(links.filter((target) => !paths.has(linked(target)))).toEqual([])
  // Without an ending, a path may name what several files of that name hold.
  const exists = (path: string) => ends.has(path) || present.some((one) => one.startsWith(`${path}.`))
  expect(named(text).filter((path) => !exists(path))).toEqual([])
})

test('every command of npm that a document names is one, and so is every verb of karyon', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const verbs = present
    .filter((path) => /^(bench|electron\/cli)\/.*\.ts$/.test(path))
    .flatMap((path) => [...read(path).matchAll(/\.command\('(\w+)/g)].map(([, verb]) => verb))
  for (const document of documents) {
    const text = read(document)
    const run = [...text.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, script]) => script)
    expect([document, run.filter((script) => !(script in scripts))]).toEqual([document, []])
    const asked = [...text.matchAll(/npx karyon (\w+)/g)].map(([, verb]) => verb)
    expect([document, asked.filter((verb) => !verbs.includes(verb))]).toEqual([document, []])
  }
})

test('paths are found in backticks and in commands; one with a part to fill in counts up to there', () => {
  expect(named('`gone.ts`, `json/gone.ts` and `npx vitest run tests/gone` but `models/ops/<name>.ts`')).toEqual([
    'gone.ts',
    'json/gone.ts',
    'tests/gone',
    'models/ops',
  ])
})
