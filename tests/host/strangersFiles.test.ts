import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { binaryRoutes, inProject } from '../../electron/contract/index.ts'
import { temporaryHost } from './temporaryWorkbench.ts'

const wicked = [
  '=cmd|calc!A1',
  '<img src=x onerror=alert(1)>',
  '__proto__',
  '@SUM(A1)',
  '${process.exit(1)}',
  '../../x',
]

test('names of a stranger’s file are shown and exported as text', async () => {
  const { workbench, slideId, folder, fetch } = await temporaryHost()
  const features = wicked.map((name, k) => ({
    type: 'Feature',
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [20 * k, 150],
          [20 * k + 9, 150],
          [20 * k + 9, 159],
          [20 * k, 150],
        ],
      ],
    },
    properties: { classification: { name }, __proto__: { polluted: true }, constructor: name },
  }))
  const path = join(folder, 'stranger.geojson')
  const text = JSON.stringify({ type: 'FeatureCollection', features })
  writeFileSync(path, text.replaceAll('"constructor"', '"__proto__":{"polluted":true},"constructor"'))
  const job = await workbench.finished(workbench.importNuclei(slideId, path, true))
  expect(job.state).toBe('done')
  expect({}).not.toHaveProperty('polluted')
  const names = workbench.state().classes.map(({ name }) => name)
  for (const name of wicked) expect(names).toContain(name)
  const csv = await (await fetch(binaryRoutes.export(slideId, 'csv'))).text()
  expect(csv).toContain("'=cmd|calc!A1")
  expect(csv).not.toMatch(/(^|,|")[=@]/m)
  const pack = unzipSync(await (await fetch(inProject(workbench.opening, binaryRoutes.evidence('en')))).bytes())
  const reports = Object.entries(pack).filter(([name]) => /\.(html|svg)$/.test(name))
  expect(reports).not.toEqual([])
  for (const [name, bytes] of reports) expect([name, strFromU8(bytes).includes('<img src=x')]).toEqual([name, false])
})

test('no route serves the label picture of a slide', async () => {
  const files = readdirSync(new URL('../../electron/host', import.meta.url), { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.ts')))
    expect([
      file,
      /\.associated\(/.test(readFileSync(new URL(`../../electron/host/${file}`, import.meta.url), 'utf8')),
    ]).toEqual([file, false])
  const { slideId, fetch } = await temporaryHost()
  for (const name of ['label', 'macro', 'associated/label'])
    expect((await fetch(`/slides/${slideId}/${name}`)).status).toBe(404)
})
