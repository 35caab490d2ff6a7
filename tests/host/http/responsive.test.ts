import { inEnglish } from '../../../electron/contract/index.ts'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { binaryRoutes } from '../../../electron/contract/index.ts'
import { isLong } from '../../support/long.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

const count = isLong ? 700_000 : 30_000
const columns = Math.ceil(Math.sqrt(count))
const pitch = 12

async function writeNuclei(path: string): Promise<void> {
  const file = createWriteStream(path)
  file.write('{"type":"FeatureCollection","features":[')
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % columns) * pitch, Math.floor(i / columns) * pitch]
    const ring = Array.from({ length: 21 }, (_, k) => {
      const angle = (2 * Math.PI * (k % 20)) / 20
      return [+(x + 5 + 4 * Math.cos(angle)).toFixed(2), +(y + 5 + 4 * Math.sin(angle)).toFixed(2)]
    })
    const feature = {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring] },
      properties: { objectType: 'detection', classification: { name: i % 3 ? 'round' : 'long' } },
    }
    if (!file.write((i ? ',' : '') + JSON.stringify(feature))) await once(file, 'drain')
  }
  file.end(']}')
  await once(file, 'close')
}

test(
  'tiles are served without delay while many nuclei are imported and relabelled',
  { timeout: 10 * 60_000 },
  async () => {
    const { workbench, folder, fetch } = await temporaryHost()
    const side = columns * pitch + pitch
    const slide = join(folder, 'large.png')
    await sharp({ create: { width: side, height: side, channels: 3, background: '#e0c0d0' } })
      .png()
      .toFile(slide)
    const slideId = await workbench.openSlide(slide, 0.25)
    const file = join(folder, 'nuclei.geojson')
    await writeNuclei(file)
    const tile = async (x: number) =>
      (await fetch(binaryRoutes.tile(slideId, 0, x % Math.ceil(side / 512), 0))).arrayBuffer()
    await tile(0)

    const times: number[] = []
    let isOver = false
    const asking = (async () => {
      for (let k = 0; !isOver; k++) {
        const started = performance.now()
        await tile(k)
        times.push(performance.now() - started)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    const started = performance.now()
    const job = await workbench.finished(workbench.importNuclei(slideId, file, true))
    const imported = performance.now()
    expect(inEnglish(job.message!)).toContain(`${count.toLocaleString('en')} with a label`)
    const { nuclei } = workbench.labels.setWhere(slideId, { rect: { x: 0, y: 0, width: side, height: side * 0.7 } }, 1)
    const labelled = performance.now()
    workbench.labels.undo()
    await new Promise((resolve) => setTimeout(resolve, 50))
    isOver = true
    await asking
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.floor(share * (times.length - 1))]
    console.log(
      `${count} nuclei imported in ${((imported - started) / 1000).toFixed(1)} s, ${nuclei} relabelled in ` +
        `${Math.round(labelled - imported)} ms; ${times.length} tiles: median ${at(0.5).toFixed(1)} ms, ` +
        `p99 ${at(0.99).toFixed(1)} ms, worst ${at(1).toFixed(1)} ms`,
    )
    // While other tests keep the machine busy, only the median depends on the host alone.
    expect(at(isLong ? 0.99 : 0.5)).toBeLessThanOrEqual(100)
    expect(times.length).toBeGreaterThan(20)
  },
)
