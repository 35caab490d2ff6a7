import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { emptyCache, Workstation } from '../../../electron/host/project/workstation.ts'
import { tokenFile } from '../../../electron/host/state/paths.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { applySettings, settingsFile } from '../../../electron/launch/settings.ts'
import { temporaryFolder } from '../../store/temporary.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

test('changing one setting leaves the others as they are, and null brings its default back', async () => {
  const { context, folder } = await temporaryWorkbench()
  const workstation = new Workstation(join(folder, 'home'))
  await Promise.all([workstation.change({ threads: 1, theme: 'dark' }), workstation.change({ memoryMB: 4000 })])
  await workstation.change({ theme: null })
  expect((await workstation.view(context)).settings).toEqual({ threads: 1, memoryMB: 4000 })
})

test('a damaged settings file is left as it is, and the failure names it', async () => {
  const folder = temporaryFolder()
  writeFileSync(settingsFile(folder), '{ "threads": ')
  await expect(new Workstation(folder).change({ threads: 2 })).rejects.toThrow(/settings\.json are not used/)
  expect(readFileSync(settingsFile(folder), 'utf8')).toBe('{ "threads": ')
})

test('threads and memory limit of the settings reach the engine at the next start', async () => {
  const folder = temporaryFolder()
  await new Workstation(folder).change({ threads: 1, memoryMB: 4321 })
  vi.stubEnv('KARYON_HOME', folder)
  vi.stubEnv('KARYON_PROVIDER', 'cpu')
  vi.stubEnv('KARYON_THREADS', undefined)
  vi.stubEnv('KARYON_MEMORY_MB', undefined)
  const engine = connectEngine()
  try {
    expect(applySettings()).toBeNull()
    expect(await engine.call('hello', {})).toMatchObject({ threads: 1, memoryMB: 4321 })
  } finally {
    await engine.close()
    vi.unstubAllEnvs()
  }
})

test('emptying the cache removes the tokens of the open project, but not while a job runs', async () => {
  const { context, workbench, slideId } = await temporaryWorkbench()
  const tokens = tokenFile(context.project.path, slideId)
  mkdirSync(join(tokens, '..'), { recursive: true })
  writeFileSync(tokens, Buffer.alloc(1000))
  workbench.detect(slideId)
  await expect(emptyCache(context)).rejects.toThrow(/in use/)
  await workbench.idle()
  expect(await emptyCache(context)).toBe(1000)
  expect(existsSync(tokens)).toBe(false)
})
