import { expect, it } from 'vitest'
import { takeIn, type DroppedFile } from '../../renderer/features/library/incoming/dropped.ts'

/** Drops files and returns what happens to them, in order. `ids` gives the id with which each slide opens, by name. */
async function done(
  names: string[],
  { shownId = null as number | null, ids = {} as Record<string, number | null> } = {},
) {
  const files = names.map((name): DroppedFile => ({ name, path: `/d/${name}` }))
  const told: string[] = []
  await takeIn(files, {
    shownId,
    async open(path) {
      // Stands for the time in which a person types the µm/px.
      await new Promise((resolve) => setTimeout(resolve, 5))
      told.push(`open ${path}`)
      return ids[path.slice(3)] ?? null
    },
    importNuclei: async (path, slideId) => void told.push(`import ${path} ${slideId}`),
    notImported: (name, why) => told.push(`${name}: ${why}`),
  })
  return told
}

it('nuclei dropped with their slide are imported into that slide, not into the one that is open', async () => {
  expect(await done(['case.geojson', 'case.svs'], { shownId: 1, ids: { 'case.svs': 7 } })).toEqual([
    'open /d/case.svs',
    'import /d/case.geojson 7',
  ])
  expect(await done(['nuclei.json', 'case.svs'], { ids: { 'case.svs': 7 } })).toContain('import /d/nuclei.json 7')
})

it('nuclei dropped alone are imported into the open slide; if none is open, the page says so', async () => {
  expect(await done(['a.geojson', 'b.json.gz'], { shownId: 3 })).toEqual([
    'import /d/a.geojson 3',
    'import /d/b.json.gz 3',
  ])
  expect(await done(['Cytomine.TXT'], { shownId: 3 })).toEqual(['import /d/Cytomine.TXT 3'])
  expect(await done(['a.geojson'])).toEqual(['a.geojson: noSlideShown'])
})

it('slides and files dropped together are paired by name, and unpaired files are reported', async () => {
  const ids = { 'A.svs': 1, 'b.ome.tif': 2, 'c.svs': 3, 'c.ndpi': 4, 'd.svs': null }
  const names = ['a.geojson', 'b.json', 'A.svs.geojson', 'c.geojson', 'd.geojson', 'e.geojson', ...Object.keys(ids)]
  const told = await done(names, { shownId: 9, ids })
  expect(told.filter((line) => !line.startsWith('open')).sort()).toEqual([
    'c.geojson: severalNamesakes',
    'd.geojson: slideNotOpen',
    'e.geojson: noNamesake',
    'import /d/A.svs.geojson 1',
    'import /d/a.geojson 1',
    'import /d/b.json 2',
  ])
})
