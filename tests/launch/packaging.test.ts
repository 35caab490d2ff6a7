import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

const builder = readFileSync(new URL('../../electron-builder.yml', import.meta.url), 'utf8')

test('the packaging sets every Electron fuse, and the dangerous ones are off', () => {
  const stated = new Map([...builder.matchAll(/^ {2}(\w+): (true|false)$/gm)].map(([, name, value]) => [name, value]))
  for (const name of [
    'runAsNode',
    'enableNodeOptionsEnvironmentVariable',
    'enableNodeCliInspectArguments',
    'grantFileProtocolExtraPrivileges',
  ])
    expect([name, stated.get(name)]).toEqual([name, 'false'])
  for (const name of ['onlyLoadAppFromAsar', 'enableEmbeddedAsarIntegrityValidation', 'enableCookieEncryption'])
    expect([name, stated.get(name)]).toEqual([name, 'true'])
  const scheme = createRequire(import.meta.url)('app-builder-lib/scheme.json') as {
    definitions: { FuseOptionsV1: { properties: Record<string, unknown> } }
  }
  const known = Object.keys(scheme.definitions.FuseOptionsV1.properties).filter((name) => !name.startsWith('reset'))
  expect(known.length).toBeGreaterThan(5)
  expect(known.filter((name) => !stated.has(name))).toEqual([])
})
