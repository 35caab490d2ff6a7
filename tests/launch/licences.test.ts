import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error A script of the checkout, without types.
import { faultsOf } from '../../bin/licences.js'

const faults = faultsOf as (lockfile: object) => string[]
const sound = { version: '1.0.0', license: 'MIT', integrity: 'sha512-x' }
const of = (name: string, change: object) => faults({ packages: { [`node_modules/${name}`]: { ...sound, ...change } } })

test('the lockfile holds nothing that may not ship, is unchecked, runs scripts or is known to be bad', () => {
  expect(faults(JSON.parse(readFileSync('package-lock.json', 'utf8')) as object)).toEqual([])
})

test.each([
  ['left', { license: 'GPL-3.0' }, /licence is GPL-3\.0/],
  ['left', { license: undefined }, /licence is not stated/],
  ['left', { license: 'MIT AND GPL-3.0' }, /licence is MIT AND GPL/],
  ['left', { license: 'LGPL-3.0-or-later' }, /licence is LGPL/],
  ['left', { integrity: undefined }, /no SHA-512/],
  ['left', { integrity: 'sha1-x' }, /no SHA-512/],
  ['left', { resolved: 'git+ssh://git@example.org/left.git' }, /npm registry/],
  ['left', { hasInstallScript: true }, /runs a script/],
  ['chalk', { version: '5.6.1' }, /known to be bad/],
])('%s with %o is refused', (name, change, why) => {
  expect(of(name, change)).toHaveLength(1)
  expect(of(name, change)[0]).toMatch(why)
})

test('every release of the incident of September 2025 is known, and the release after it is not refused', () => {
  const releases = {
    ...{ 'ansi-regex': '6.2.1', 'ansi-styles': '6.2.2', backslash: '0.2.1', chalk: '5.6.1', 'chalk-template': '1.1.1' },
    ...{ color: '5.0.1', 'color-convert': '3.1.1', 'color-name': '2.0.1', 'color-string': '2.1.1', debug: '4.4.2' },
    ...{ 'error-ex': '1.3.3', 'has-ansi': '6.0.1', 'is-arrayish': '0.3.3', 'simple-swizzle': '0.2.3' },
    ...{ 'slice-ansi': '7.1.1', 'strip-ansi': '7.1.1', 'supports-color': '10.2.1', 'supports-hyperlinks': '4.1.1' },
    'wrap-ansi': '9.0.1',
  }
  for (const [name, version] of Object.entries(releases))
    expect(of(name, { version }), name).toMatchObject([expect.stringContaining('known to be bad')])
  expect(of('is-arrayish', { version: '0.3.4' })).toEqual([])
})

test('a choice of licences needs one that may ship, and tools of development may have any', () => {
  expect(of('left', { license: '(GPL-3.0 OR MIT)' })).toEqual([])
  expect(of('left', { license: 'GPL-3.0', dev: true })).toEqual([])
})
