import { isContractProcedure } from '@orpc/contract'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { api, binaryRoutes } from '../electron/contract/index.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Rows of a section's table: its cells, without the head. */
function rows(section: string): string[][] {
  const text =
    read('docs/security.md')
      .split(/^## /m)
      .find((part) => part.startsWith(`${section}\n`)) ?? ''
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}
const names = (section: string) =>
  rows(section)
    .map(([name]) => name)
    .sort()

function routesOf(contract: object, prefix = ''): string[] {
  return Object.entries(contract).flatMap(([name, part]) =>
    isContractProcedure(part) ? [prefix + name] : routesOf(part as object, `${prefix}${name}.`),
  )
}

test('every route of the contract and every address of content has its row', () => {
  const where = 'rows of the table in docs/security.md'
  expect(names('Routes of the contract'), where).toEqual(routesOf(api).sort())
  expect(names('Addresses of content'), where).toEqual(Object.keys(binaryRoutes).sort())
  // As many patterns as addresses, but that a chunk's two parts share one.
  const patterns = read('electron/host/http/binaryRoutes.ts').match(/pattern: at\(/g) ?? []
  expect(patterns).toHaveLength(Object.keys(binaryRoutes).length - 1)
})

test('every other address that the host compares with has its row', () => {
  const compared = read('electron/host/http/handler.ts').matchAll(/(?:pathname|path)(?: === |\.startsWith\()'([^']+)'/g)
  const addresses = new Set([...compared].map(([, path]) => path.replace(/(.)\/$/, '$1')))
  expect(names('Other addresses')).toEqual([...addresses, '/'].sort())
})

test('every channel between the desktop’s window and its shell has its row', () => {
  const files = [
    'electron/main.ts',
    'electron/preload.cts',
    ...readdirSync(join(root, 'electron/shell')).map((name) => `electron/shell/${name}`),
  ]
  const channels = files.flatMap((file) =>
    [
      ...read(file).matchAll(
        /(?:ipcMain\.(?:on|once|handle)|ipcRenderer\.(?:on|once|send|invoke|sendSync)|webContents\.send)\(\s*'([\w-]+)'/g,
      ),
    ].map(([, channel]) => channel),
  )
  expect(names("Channels of the desktop's window")).toEqual([...new Set(channels)].sort())
})

test('every row names tests, and every test that is named exists', () => {
  const stated = new Map(rows('Tests').map(([id, file, title]) => [id, { file, title }]))
  for (const [id, { file, title }] of stated)
    expect([id, read(file).includes(title)], `${file} has no test "${title}"`).toEqual([id, true])
  const sections = [
    'Routes of the contract',
    'Addresses of content',
    'Other addresses',
    "Channels of the desktop's window",
    'Files of strangers',
  ]
  for (const section of sections) {
    expect(rows(section).length, section).toBeGreaterThan(0)
    for (const row of rows(section)) {
      const tests = (row.at(-1) ?? '').split(', ')
      expect([row[0], tests.filter((id) => !stated.has(id))]).toEqual([row[0], []])
    }
  }
})
