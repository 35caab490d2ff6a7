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

test('a choice of licences needs one that may ship, and tools of development may have any', () => {
  expect(of('left', { license: '(GPL-3.0 OR MIT)' })).toEqual([])
  expect(of('left', { license: 'GPL-3.0', dev: true })).toEqual([])
})
