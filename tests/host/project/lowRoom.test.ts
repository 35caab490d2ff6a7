import { expect, test, vi } from 'vitest'
import { inEnglish, message, type HostEvent, type Message } from '../../../electron/contract/index.ts'
import { LowRoom, type FreeRoom } from '../../../electron/host/jobs/lowRoom.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const drive = vi.hoisted(() => ({ bavail: 1e9, bsize: 1 }))
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<object>()),
  statfs: () => Promise.resolve(drive),
}))

test('a warning comes once when room runs low, again only after there was room in between, and never for an unknown amount', async () => {
  let free: FreeRoom = { disk: 50e9, memory: undefined }
  const said: Message[] = []
  const room = new LowRoom(
    () => Promise.resolve(free),
    (sentence) => void said.push(sentence),
  )
  const afterChecking = async (now: FreeRoom) => {
    free = now
    said.length = 0
    await room.check()
    return said.map(({ key }) => key)
  }
  expect(await afterChecking({ disk: 50e9, memory: undefined })).toEqual([])
  expect(await afterChecking({ disk: 1e9, memory: 0.5e9 })).toEqual(['lowDisk', 'lowMemory'])
  expect(await afterChecking({ disk: 0.9e9, memory: 0.4e9 })).toEqual([])
  expect(await afterChecking({ disk: 50e9, memory: 0.4e9 })).toEqual([])
  expect(await afterChecking({ disk: 1e9, memory: 0.4e9 })).toEqual(['lowDisk'])
  expect(inEnglish(message('lowDisk', { bytes: 1.26e9 }))).toContain('Only 1.3 GB are free')
})

test('before nuclei are sought, the page is told that the project’s drive is nearly full', async () => {
  vi.spyOn(process, 'availableMemory').mockReturnValue(8e9)
  const { workbench, slideId } = await temporaryWorkbench()
  const notices: HostEvent[] = []
  const stop = new AbortController()
  const listening = (async () => {
    for await (const event of workbench.events(stop.signal)) if (event.kind === 'notice') notices.push(event)
  })()
  workbench.detect(slideId)
  await workbench.idle()
  workbench.classify(slideId)
  await workbench.idle()
  await vi.waitFor(() => expect(notices).toHaveLength(1))
  expect(notices).toMatchObject([{ level: 'warning', message: { key: 'lowDisk', params: { bytes: 1e9 } } }])
  stop.abort()
  await listening
})
