import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openSlide, startOpenSlideThrough } from '../../../electron/slides/index.ts'
import { unwrap } from '../../../electron/contract/index.ts'
import { says } from '../../support/messages.ts'
import { temporaryFolder } from '../../support/slides.ts'
import { temporaryHost } from '../../host/temporaryWorkbench.ts'

const folder = temporaryFolder()
const standIn = fileURLToPath(new URL('../../support/openSlideStandIn.ts', import.meta.url))
let started = 0
startOpenSlideThrough((args) => {
  started++
  spawn(process.execPath, [standIn, ...args], { stdio: 'inherit' })
})

function foreignSlide(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, 'a slide of the stand-in')
  return path
}

test('a crash while a tile is read fails in words, and the next tile is read by a new process', async () => {
  const slide = unwrap(await openSlide(foreignSlide('a.ndpi')))
  const other = unwrap(await openSlide(foreignSlide('b.ndpi')))
  const before = started
  await expect(slide.tile(0, 1, 0)).rejects.toMatchObject({
    failure: { kind: 'engine', message: says('OpenSlide’s process ended while it read a.ndpi') },
  })
  expect((await slide.tile(0, 0, 0)).bytes.length).toBeGreaterThan(0)
  expect(started).toBe(before + 1)
  await other.tile(0, 2, 0)
  expect(started, 'the other slide has kept its own process').toBe(before + 1)
  await slide.close()
  await other.close()
})

test('tiles asked for together after a crash share one new process', async () => {
  const slide = unwrap(await openSlide(foreignSlide('c.ndpi')))
  await expect(slide.tile(0, 1, 0)).rejects.toMatchObject({ failure: { kind: 'engine' } })
  const before = started
  await Promise.all([slide.tile(0, 0, 0), slide.tile(0, 2, 0)])
  expect(started).toBe(before + 1)
  await slide.close()
})

test('files that no format knows are looked at by one process', async () => {
  const path = join(folder, 'notes.txt')
  writeFileSync(path, 'no slide')
  await openSlide(path)
  const before = started
  for (let i = 0; i < 3; i++)
    expect(await openSlide(path)).toMatchObject({ ok: false, failure: { kind: 'unreadable' } })
  expect(started).toBe(before)
})

test('in the host, a crash is said in the window, the slide goes on, and other slides do not notice', async () => {
  const { host, fetch, slideId, context } = await temporaryHost()
  const foreign = await host.workbench.openSlide(foreignSlide('d.ndpi'))
  const said: string[] = []
  const announced = vi.spyOn(context.announcer, 'notice').mockImplementation((_, { key }) => void said.push(key))
  onTestFinished(() => announced.mockRestore())
  const tile = async (slide: number, x: number) => (await fetch(`/slides/${slide}/tiles/0/${x}_0`)).status
  expect(await tile(foreign, 1)).toBe(422)
  expect(said).toEqual(['openSlideEnded'])
  expect([await tile(foreign, 0), await tile(slideId, 0), await tile(foreign, 2)]).toEqual([200, 200, 200])
  expect(said).toEqual(['openSlideEnded'])
})

test('a thread asks the main thread, where that was told how processes are started', async () => {
  const path = foreignSlide('e.ndpi')
  const slides = new URL('../../../electron/slides/index.ts', import.meta.url).href
  const before = started
  const thread = new Worker(
    `import(${JSON.stringify(slides)}).then(async ({ openSlide }) => {
      const { value } = await openSlide(${JSON.stringify(path)})
      const { bytes } = await value.tile(0, 0, 0)
      await value.close()
      require('node:worker_threads').parentPort.postMessage(bytes.length)
    })`,
    { eval: true },
  )
  const [length] = (await once(thread, 'message')) as [number]
  expect(length).toBeGreaterThan(0)
  expect(started).toBe(before + 1)
  await thread.terminate()
})
