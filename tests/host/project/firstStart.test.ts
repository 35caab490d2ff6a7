import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { workThroughDemo } from '../../../electron/firstStart.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

test('on the first start the demo slide is opened, searched and classified, each stage is reported, and no stage runs twice', async () => {
  const { engine, calls } = fakeEngine()
  const { workbench, folder } = await temporaryWorkbench(engine)
  await sharp({ create: { width: 256, height: 256, channels: 3, background: '#e0c0d0' } })
    .tiff({ tile: true, pyramid: true, compression: 'jpeg', xres: 4000, yres: 4000 })
    .toFile(join(folder, 'demo.tif'))
  const said: string[] = []
  await workThroughDemo(workbench, folder, (line) => said.push(line))
  const all = grid.columns * grid.rows
  expect(said[0]).toContain('256 × 256 px at 0.25 µm/px')
  expect(said[1]).toContain(`${all} nuclei found`)
  expect(said[2]).toContain(`${all} nuclei classified by Tiny`)
  expect(said[3]).toBe(`Counts: long ${all / 2} · round ${all / 2}.`)
  await workThroughDemo(workbench, folder, (line) => said.push(line))
  expect(calls.map((call) => call.method)).toEqual(['detect', 'classify'])
  expect(said.slice(4).map((line) => line.split(':')[0])).toEqual(['Demo slide', 'Counts'])
})
