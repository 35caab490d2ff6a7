import { readFileSync } from 'node:fs'

/**
 * Part of `npm run check`, without network: reads the lockfile and fails where a package that ships has a licence that is not on
 * the list, where any package lacks its checksum or is said to come from elsewhere than the npm registry, where a package runs a script at
 * installation that is not on the list, or where a version is known to be bad. `--report` prints the licences of all that ships.
 */

/** Licences of packages that may ship. LGPL is for libvips alone, which is a library of its own beside sharp and may be exchanged. */
const permissive = new Set([
  'MIT',
  'Apache-2.0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'CC0-1.0',
  'BlueOak-1.0.0',
])
const exceptions = {
  'LGPL-3.0-or-later': /^@img\/sharp-/,
  // As its package.json spells BSD-3-Clause, which its LICENSE file holds.
  'BDS-3-Clause': /^splaytree-ts$/,
}

/** Packages that may have a script at installation, and why nothing of ours relies on it. */
const scripts = {
  'electron-winstaller': 'only packs installers for Windows',
  koffi: 'optional; its prebuilt library is in the package',
  'msgpackr-extract': 'optional; msgpackr works without it',
  'onnxruntime-node': 'fetches CUDA libraries, which Karyon does not need; those for the processor are in the package',
}

/** Versions that must not be installed: whose code was malicious. With the date and source of the entry. */
const bad = [
  { name: 'ansi-regex', versions: ['6.2.1'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  { name: 'ansi-styles', versions: ['6.2.2'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  { name: 'backslash', versions: ['0.2.1'], since: '2025-09-08', source: 'github.com/ChainSafe/lodestar/issues/8373' },
  { name: 'chalk', versions: ['5.6.1'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  {
    name: 'chalk-template',
    versions: ['1.1.1'],
    since: '2025-09-08',
    source: 'github.com/ChainSafe/lodestar/issues/8373',
  },
  { name: 'color', versions: ['5.0.1'], since: '2025-09-08', source: 'github.com/ChainSafe/lodestar/issues/8373' },
  {
    name: 'color-convert',
    versions: ['3.1.1'],
    since: '2025-09-08',
    source: 'github.com/Qix-/color-convert/issues/121',
  },
  { name: 'color-name', versions: ['2.0.1'], since: '2025-09-08', source: 'github.com/ChainSafe/lodestar/issues/8373' },
  {
    name: 'color-string',
    versions: ['2.1.1'],
    since: '2025-09-08',
    source: 'github.com/ChainSafe/lodestar/issues/8373',
  },
  { name: 'debug', versions: ['4.4.2'], since: '2025-09-08', source: 'github.com/debug-js/debug/issues/1005' },
  { name: 'error-ex', versions: ['1.3.3'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  { name: 'has-ansi', versions: ['6.0.1'], since: '2025-09-08', source: 'github.com/ChainSafe/lodestar/issues/8373' },
  {
    name: 'is-arrayish',
    versions: ['0.3.3'],
    since: '2025-09-08',
    source: 'github.com/ChainSafe/lodestar/issues/8373',
  },
  {
    name: 'simple-swizzle',
    versions: ['0.2.3'],
    since: '2025-09-08',
    source: 'github.com/ChainSafe/lodestar/issues/8373',
  },
  { name: 'slice-ansi', versions: ['7.1.1'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  { name: 'strip-ansi', versions: ['7.1.1'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  { name: 'supports-color', versions: ['10.2.1'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  {
    name: 'supports-hyperlinks',
    versions: ['4.1.1'],
    since: '2025-09-08',
    source: 'github.com/ChainSafe/lodestar/issues/8373',
  },
  { name: 'wrap-ansi', versions: ['9.0.1'], since: '2025-09-08', source: 'github.com/chalk/chalk/issues/656' },
  {
    name: 'event-stream',
    versions: ['3.3.6'],
    since: '2018-11-26',
    source: 'github.com/dominictarr/event-stream/issues/116',
  },
]

/** Returns what is wrong with a lockfile, one sentence each. */
export function faultsOf({ packages }) {
  const faults = []
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || entry.link) continue
    const name = path.replace(/^.*node_modules\//, '')
    const called = `${name} ${entry.version}`
    if (!entry.dev && !mayShip(name, entry.license))
      faults.push(`${called} ships, and its licence is ${entry.license ?? 'not stated'}.`)
    if (!/^sha512-/.test(entry.integrity ?? '')) faults.push(`${called} has no SHA-512 checksum.`)
    if (entry.resolved !== undefined && !/^https:\/\/registry\.npmjs\.org\//.test(entry.resolved))
      faults.push(`${called} does not come from the npm registry.`)
    if (entry.hasInstallScript && !(name in scripts)) faults.push(`${called} runs a script at installation.`)
    const known = bad.find((one) => one.name === name && one.versions.includes(entry.version))
    if (known) faults.push(`${called} is known to be bad since ${known.since} (${known.source}).`)
  }
  return faults
}

/** Whether a licence, or one choice of it, is on the list. Of parts joined by AND, each must be. */
function mayShip(name, licence = '') {
  const isGood = (one) => permissive.has(one) || (exceptions[one]?.test(name) ?? false)
  return licence
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every(isGood))
}

/** Returns the packages that ship by licence. */
export function licencesOf({ packages }) {
  const report = new Map()
  for (const [path, { dev, license, version }] of Object.entries(packages)) {
    if (path === '' || dev) continue
    report.set(license, [...(report.get(license) ?? []), `${path.replace(/^.*node_modules\//, '')} ${version}`])
  }
  return report
}

if (import.meta.main ?? process.argv[1]?.endsWith('licences.js')) {
  const lockfile = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
  if (process.argv.includes('--report'))
    for (const [licence, names] of licencesOf(lockfile)) console.log(`${licence}: ${names.sort().join(', ')}`)
  const faults = faultsOf(lockfile)
  for (const fault of faults) console.log(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
