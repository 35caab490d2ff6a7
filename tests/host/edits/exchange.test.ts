import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inEnglish } from '../../../electron/contract/index.ts'
import { readAllAnnotations } from '../../../electron/formats/index.ts'
import { outlineOf } from '../../../models/nuclei/nuclei.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const ring = (x: number, y: number, side = 20): number[][] => [
  [x, y],
  [x + side, y + 0.25],
  [x + side + 0.01, y + side],
  [x - 0.37, y + side],
  [x, y],
]
const uuid = (n: number) => `6f0e8a10-0000-4000-8000-${String(n).padStart(12, '0')}`
const nucleus = (n: number, className: string | null, measurements: object) => ({
  type: 'Feature',
  id: uuid(n),
  geometry: { type: 'Polygon', coordinates: [ring(10 + 40 * (n % 6), 10 + 40 * Math.floor(n / 6))] },
  properties: {
    objectType: 'detection',
    ...(className !== null && { classification: { name: className, color: [10, 20, 30 + n] } }),
    measurements,
  },
})
const size = { width: 300, height: 200 }

function geoJson(folder: string, name = 'from-qupath.geojson'): string {
  const features = [
    nucleus(0, 'Tumour', { 'Nucleus: Area µm^2': 12.345678901, Solidity: 0.1 }),
    nucleus(1, 'Stroma', { Solidity: 0.97 }),
    nucleus(2, 'Tumour', {}),
    nucleus(3, null, { 'Nucleus: Area µm^2': 1e-7 }),
  ]
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }))
  return path
}

async function contentOf(path: string) {
  const { classified: c } = await readAllAnnotations(path, size)
  const byId = Array.from({ length: c.nuclei.count }, (_, i) => ({
    uuid: Buffer.from(c.uuid!.subarray(16 * i, 16 * i + 16)).toString('hex'),
    outline: Array.from(outlineOf(c.nuclei, i), (v) => Math.round(v * 100) / 100),
    class: c.classes[c.classIndex[i]],
    measurements: Object.fromEntries(
      c.measurements!.names.map((name, m) => [name, c.measurements!.values[i * c.measurements!.names.length + m]]),
    ),
  }))
  return byId.sort((a, b) => (a.uuid < b.uuid ? -1 : 1))
}

test.each([true, false])(
  'import, export and import keep geometry, classes, colours, measurements and ids (classes as labels: %s)',
  async (asLabels) => {
    const { workbench, context, slideId, folder } = await temporaryWorkbench()
    const file = geoJson(folder)
    expect(await workbench.importFiles(slideId, [file], asLabels)).toMatchObject({
      nuclei: 4,
      labels: asLabels ? 3 : 0,
    })
    const { path } = await workbench.exportFile(slideId, 'geojson')
    expect(await contentOf(path)).toEqual(await contentOf(file))
    // One named step.
    const steps = context.project.log.steps(9)
    expect(steps.map(({ title }) => inEnglish(title))).toEqual(['Nuclei from from-qupath.geojson'])
    workbench.labels.undo()
    expect(context.project.slides.get(slideId)).toMatchObject({ nuclei: 0, labelled: 0 })
    workbench.labels.redo()
    const again = await workbench.exportFile(slideId, 'geojson')
    expect(await contentOf(again.path)).toEqual(await contentOf(file))
  },
)

test('classes that nobody says a person gave are shown but are no labels', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  await workbench.importFiles(slideId, [geoJson(folder)], false)
  expect(context.project.slides.get(slideId).labelled).toBe(0)
  const classes = new Map(context.project.classes.all().map(({ id, name }) => [id, name]))
  const shown = Array.from(workbench.shownClasses(slideId).classId, (id) => classes.get(id) ?? 'none')
  expect(shown.sort()).toEqual(['Stroma', 'Tumour', 'Tumour', 'none'])
})

test('a class of the file is the project’s class of the same name or the one that stands for it', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  context.project.classes.mapModelClass('Tumour', context.project.classes.add('Neoplastic'))
  await workbench.importFiles(slideId, [geoJson(folder)], true)
  expect(context.project.classes.all().map(({ name }) => name)).toEqual(['round', 'long', 'Neoplastic', 'Stroma'])
})

test('dots give their class to the nucleus at their place, and others are counted', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  await workbench.importFiles(slideId, [geoJson(folder)], true)
  const dots = join(folder, 'dots.geojson')
  const point = (x: number, y: number, name: string) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [x, y] },
    properties: { classification: { name } },
  })
  writeFileSync(dots, JSON.stringify([point(20, 20, 'Mitosis'), point(60, 20, 'Mitosis'), point(290, 190, 'Mitosis')]))
  const result = await workbench.importFiles(slideId, [dots], true)
  expect(result).toMatchObject({ nuclei: 0, labels: 2, dots: 2, skipped: [{ reason: 'dotsUnmatched', count: 1 }] })
  expect(context.project.slides.get(slideId)).toMatchObject({ nuclei: 4, labelled: 3 })
})

test('an import that fails leaves the project as it was', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  const bad = join(folder, 'cut.geojson')
  writeFileSync(bad, '{"type":"FeatureCollection","features":[{"type":"Fea')
  await expect(workbench.importFiles(slideId, [geoJson(folder), bad], false)).rejects.toThrow(/not valid JSON/)
  expect(context.project.slides.get(slideId).nuclei).toBe(0)
  expect(context.project.log.steps(9)).toEqual([])
})

test('measurements of an outline that was redrawn are not exported', async () => {
  const { workbench, context, slideId, folder } = await temporaryWorkbench()
  await workbench.importFiles(slideId, [geoJson(folder)], false)
  const { id } = context.project.nuclei.heads(slideId)
  const given = () => context.project.imported.of(slideId, context.project.nuclei.heads(slideId)).measurements!.values
  const before = given().filter((v) => !Number.isNaN(v)).length
  const first = context.project.nuclei.positionOf(slideId, id[0])
  const own = given()
    .slice(2 * first, 2 * first + 2)
    .filter((v) => !Number.isNaN(v)).length
  workbench.drawing.edit(slideId, { kind: 'redraw', id: id[0], outline: [100, 100, 130, 100, 130, 130] })
  expect(given().filter((v) => !Number.isNaN(v))).toHaveLength(before - own)
})
