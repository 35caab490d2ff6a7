import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { dataFolder, hasData } from '../support/data.ts'
import { temporaryFolder } from '../support/slides.ts'

const folder = temporaryFolder()

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

  test('names the reader, the formats that declined the file and why, and the associated pictures', () => {
    const dicom = dataFolder('slides/multiframe_camelyon_challenge_image.dcm')
    expect(JSON.parse(karyon('info', dicom, '--json').stdout)).toMatchObject({
      reader: 'Karyon DICOM',
      declined: [
        { format: 'Aperio SVS', why: 'its first bytes are not those of a TIFF file' },
        { format: 'OME-TIFF', why: 'its first bytes are not those of a TIFF file' },
        { format: 'ImageJ TIFF', why: 'its first bytes are not those of a TIFF file' },
        { format: 'TIFF', why: 'its first bytes are not those of a TIFF file' },
      ],
    })
    const { stdout } = karyon('info', path)
    expect(stdout).toContain('read by Karyon TIFF')
    expect(stdout).toContain('picture macro: 1280 × 431')
  })

  test('--quality measures the slide and reports what is unusual', () => {
    const { quality } = JSON.parse(karyon('info', path, '--json', '--quality').stdout) as { quality: object }
    expect(quality).toMatchObject({ samples: 24, findings: [] })
    expect(karyon('info', path, '--quality', '--mpp', '2').stdout).toContain('unusual: Nuclei would measure')
  })

  test('--picture writes a picture to the given path, and overwrites nothing', () => {
    const out = join(folder, 'macro.jpg')
    expect(karyon('info', path, '--picture', 'macro', '--out', out).status).toBe(0)
    expect(statSync(out).size).toBeGreaterThan(10_000)
    for (const [args, sentence] of [
      [['--picture', 'macro', '--out', out], 'there already'],
      [['--picture', 'macro'], '--out'],
      [['--picture', 'portrait', '--out', join(folder, 'b.jpg')], 'thumbnail, label, macro'],
    ] as const) {
      const { status, stderr } = karyon('info', path, ...args)
      expect(status).toBe(1)
      expect(stderr).toMatch(/^karyon: [^\n]+\.\n$/)
      expect(stderr).toContain(sentence)
    }
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
