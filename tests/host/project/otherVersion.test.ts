import { expect, onTestFinished, test } from 'vitest'
import { openContext, Workbench } from '../../../electron/host/index.ts'
import { projectStateSchema, type HostEvent } from '../../../electron/contract/index.ts'
import type { Engine } from '../../../electron/launch/engineClient.ts'
import { fakeEngine } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

test('an engine of another version, as after an update, is told to the page and does not spoil the state', async () => {
  const { options, folder } = await temporaryWorkbench()
  const { engine } = fakeEngine()
  // Of the version before reasons were messages.
  const older = { provider: 'cpu', providerReason: 'chosen by KARYON_PROVIDER', onnxruntime: '0' }
  const call = ((...given: Parameters<Engine['call']>) =>
    given[0] === 'hello' ? Promise.resolve(older) : engine.call(...given)) as Engine['call']
  const project = `${folder}/another.karyon`
  const workbench = new Workbench(
    await openContext({ ...options, project, engine: { pid: undefined, call, close: () => engine.close() } }),
  )
  onTestFinished(() => workbench.close())
  expect(await workbench.greetEngine()).toBeUndefined()
  expect(projectStateSchema.safeParse(workbench.state()).error?.issues ?? []).toEqual([])
  const stop = new AbortController()
  const notices: HostEvent[] = []
  for await (const event of workbench.events(stop.signal))
    if (event.kind === 'notice') {
      notices.push(event)
      break
    }
  expect(notices).toMatchObject([{ level: 'error', message: { key: 'engineOfOtherVersion' } }])
})
