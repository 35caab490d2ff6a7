import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { dataFolder, hasData } from '../support/data.ts'

const cli = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url))
const karyon = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' })

test('karyon info of a missing file says so in a sentence and ends with 1', () => {
  const { status, stdout, stderr } = karyon('info', 'no such.svs', '--json')
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^karyon: Could not open the slide no such.svs: .*\.\n$/)
})

test('karyon info without a slide is a usage error', () => {
  expect(karyon('info').status).toBe(2)
})

describe.skipIf(!hasData('slides'))('karyon info', () => {
  const path = dataFolder('slides/CMU-1-Small-Region.svs')

  test('prints the levels that are in the file, not the generated ones', () => {
    const { status, stdout } = karyon('info', path, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'Aperio SVS',
      width: 2220,
      height: 2967,
      mpp: 0.499,
      levels: [{ width: 2220, height: 2967, downsample: 1 }],
    })
  })

  test('takes the µm/px the user gives', () => {
    const printed = JSON.parse(karyon('info', path, '--json', '--mpp', '0.25').stdout) as Record<string, unknown>
    expect(printed).toMatchObject({ mpp: 0.25, mppSource: 'given by the user' })
  })

  test('of broken.svs ends with 1 and a sentence, no stack', () => {
    const { status, stderr } = karyon('info', dataFolder('slides/broken.svs'))
    expect(status).toBe(1)
    expect(stderr).toMatch(/^karyon: [^\n]+\.\n$/)
  })
})
