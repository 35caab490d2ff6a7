import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import { inProject } from '../../electron/contract/index.ts'
import { openContext, startHost, Workbench } from '../../electron/host/index.ts'
import type { Engine } from '../../electron/launch/engineClient.ts'
import { temporaryFolder, type WhenOver } from '../store/temporary.ts'
import { fakeEngine } from './fakeEngine.ts'
import { writeModel } from './modelFolders.ts'

async function furnish(whenOver: WhenOver = onTestFinished) {
  const folder = temporaryFolder(whenOver)
  const builtInModels = join(folder, 'built-in')
  mkdirSync(builtInModels)
  await writeModel(join(builtInModels, 'tiny'), { title: 'Tiny', classes: ['round', 'long'], lineage: [] })
  const slide = join(folder, 'slide.png')
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#e0c0d0' } })
    .png()
    .toFile(slide)
  const project = join(folder, 'study.karyon')
  return { folder, slide, options: { project, builtInModels, version: '0.0.0' } }
}

/**
 * Opens a workbench with a new project, one small slide, a fake engine and one built-in model, "tiny". Learning while
 * labelling is off: it would change classes during any test that takes longer than its pause.
 */
export async function temporaryWorkbench(engine: Engine = fakeEngine().engine) {
  const { folder, slide, options } = await furnish()
  const context = await openContext({ ...options, engine })
  const workbench = new Workbench(context)
  onTestFinished(() => workbench.close())
  workbench.live.switch(false)
  const slideId = await workbench.openSlide(slide, 0.25)
  return { workbench, context, slideId, slide, folder, options }
}

/** Starts a host with the same project, nuclei detected and classified. The returned `fetch` sends the cookie. */
export async function temporaryHost(whenOver: WhenOver = onTestFinished) {
  const { folder, slide, options } = await furnish(whenOver)
  const page = join(folder, 'page')
  mkdirSync(page)
  const host = await startHost({
    ...options,
    page,
    appFolder: join(folder, 'home'),
    startEngine: () => fakeEngine().engine,
  })
  whenOver(() => host.close())
  host.workbench.live.switch(false)
  const slideId = await host.workbench.openSlide(slide, 0.25)
  host.workbench.detect(slideId)
  host.workbench.classify(slideId)
  await host.workbench.idle()
  const base = `http://127.0.0.1:${host.port}`
  const opened = await fetch(host.link(), { redirect: 'manual' })
  const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0]
  const fetchAs = (path: string, init: RequestInit = {}) =>
    // Paths of slides and models must name the open project.
    fetch(base + (/^\/(slides|models)\//.test(path) ? inProject(host.workbench.opening, path) : path), {
      ...init,
      headers: { cookie, ...init.headers },
    })
  const { workbench, context } = host.projects.served
  return { host, workbench, context, slideId, slide, folder, page, base, cookie, opened, fetch: fetchAs }
}
