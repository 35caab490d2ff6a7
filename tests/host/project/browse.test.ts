import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { browse } from '../../../electron/host/project/browse.ts'
import { temporaryFolder } from '../../store/temporary.ts'

test('a folder is listed with what can be chosen in it, folders first, and the endings that are looked for', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'slides'))
  for (const name of ['b.SVS', 'a.tif', 'n.geojson', 'n.xml.gz', 'p.karyon', 'notes.pdf', '.hidden.svs'])
    writeFileSync(join(folder, name), '')
  const openable = async (what: 'slides' | 'nuclei' | 'projects') =>
    (await browse(folder, what)).entries.filter((entry) => entry.openable).map(({ name }) => name)
  expect(await openable('slides')).toEqual(['a.tif', 'b.SVS'])
  // A picture may hold a number for each nucleus.
  expect(await openable('nuclei')).toEqual(['a.tif', 'n.geojson', 'n.xml.gz'])
  expect(await openable('projects')).toEqual(['p.karyon'])

  const { entries, endings } = await browse(folder, 'slides')
  expect(entries.map(({ name, isFolder }) => [name, isFolder])[0]).toEqual(['slides', true])
  expect(entries.map(({ name }) => name)).not.toContain('.hidden.svs')
  expect(endings).toEqual(expect.arrayContaining(['.svs', '.ndpi', '.tif', '.dcm']))
  expect(new Set(endings).size).toBe(endings.length)
  expect((await browse(folder, 'nuclei')).endings).toEqual(expect.arrayContaining(['.geojson', '.json', '.xml']))
  expect((await browse(folder, 'projects')).endings).toEqual(['.karyon'])
})
