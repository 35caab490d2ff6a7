import { inEnglish } from '../../../electron/contract/index.ts'
import { says } from '../../support/messages.ts'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ContractRouterClient } from '@orpc/contract'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { attempt, binaryRoutes, inProject, type api, type HostEvent } from '../../../electron/contract/index.ts'
import { startHost } from '../../../electron/host/index.ts'
import { RecentProjects } from '../../../electron/host/project/recentProjects.ts'
import { createProject, openProject } from '../../../electron/store/index.ts'
import { temporaryFolder } from '../../store/temporary.ts'
import { fakeEngine } from '../fakeEngine.ts'
import { writeModel } from '../modelFolders.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

/** Returns a client of the host. With `opening`, it reaches only that opening of a project. */
function clientOf({ base, cookie }: { base: string; cookie: string }, opening?: number) {
  const url = base + (opening === undefined ? '/rpc' : inProject(opening, '/rpc'))
  return createORPCClient<ContractRouterClient<typeof api>>(new RPCLink({ url, headers: { cookie } }))
}

function emptyProject(folder: string, name: string): string {
  const path = join(folder, `${name}.karyon`)
  createProject(path).close()
  return path
}

/** Returns everything that `stream` yields until it ends. */
async function collected(stream: AsyncIterable<HostEvent>): Promise<HostEvent[]> {
  const all: HostEvent[] = []
  for await (const event of stream) all.push(event)
  return all
}

test('opening another project closes the first: its streams end with "closed", and its file is complete and no longer in use', async () => {
  const host = await temporaryHost()
  const { context, slideId, folder } = host
  const client = clientOf(host)
  const [id] = context.project.nuclei.heads(slideId).id
  await client.labels.set({ slideId, nucleusIds: [id], classId: 1 })
  const tabs = [collected(await client.events()), collected(await client.events())]
  const other = emptyProject(folder, 'other')
  expect(await client.projects.open({ path: other })).toEqual({ opening: 2 })
  for (const events of await Promise.all(tabs)) {
    expect(events.at(0)).toMatchObject({ kind: 'state', state: { project: { name: 'study', opening: 1 } } })
    expect(events.at(-1)).toEqual({ kind: 'closed' })
  }
  expect(await client.state()).toMatchObject({ project: { path: other, name: 'other', opening: 2 }, slides: [] })
  const old = openProject(join(folder, 'study.karyon')) // possible because it is no longer open elsewhere
  expect(old.labels.labelsOf([id])[0]).toBe(1)
  expect(old.nuclei.heads(slideId).count).toBe(60)
  old.close()
})

test('requests for the old project are refused with "closed" and never reach the new one', async () => {
  const host = await temporaryHost()
  const { folder, slide, slideId, fetch: as, base, cookie } = host
  const tile = binaryRoutes.tile(slideId, 0, 0, 0)
  expect((await as(tile)).status).toBe(200)
  await clientOf(host).projects.create({ folder, name: ' second ' })
  await host.host.workbench.openSlide(slide, 0.5) // this is slide 1 of the new project
  for (const path of [tile, binaryRoutes.shown(slideId), binaryRoutes.export(slideId, 'csv')]) {
    const old = await fetch(base + inProject(1, path), { headers: { cookie } })
    expect([path, old.status, await old.json()]).toMatchObject([path, 410, { kind: 'closed' }])
  }
  expect((await as(tile)).status).toBe(200)
  const label = { slideId, nucleusIds: [1], classId: 1 }
  const refused = await attempt(() =>
    clientOf(host, 1)
      .labels.set(label)
      .catch((error: unknown) => Promise.reject((error as { data: unknown }).data)),
  ).catch((failure: unknown) => failure)
  expect(refused).toMatchObject({
    kind: 'closed',
    message: { key: 'elsewhere', params: { open: 'second' } },
  })
  expect((await clientOf(host, 2).state()).steps).toEqual([])
  expect(existsSync(join(folder, 'second.karyon'))).toBe(true)
})

test('running work is stopped only if the user agrees, and its results so far are kept', async () => {
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const folder = temporaryFolder()
  const { host, other } = await hostWith(folder, async (_method, piece) => {
    if (piece !== 3) return
    started.resolve()
    await gate.promise
  })
  const { projects } = host
  const { workbench, context } = projects.served
  const slideId = await workbench.openSlide(await slideIn(folder), 0.25)
  workbench.detect(slideId)
  workbench.classify(slideId)
  await started.promise
  const refused = await attempt(() => projects.open(other))
  expect(refused).toMatchObject({ ok: false, failure: { kind: 'working', message: says('Finding nuclei') } })
  expect(host.workbench).toBe(workbench)
  const opening = projects.open(other, true)
  gate.resolve()
  expect(await opening).toBe(2)
  expect(context.jobs.list().map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
  const old = openProject(join(folder, 'first.karyon'))
  expect(old.nuclei.heads(slideId).count).toBeGreaterThan(0)
  old.close()
  expect(await attempt(() => workbench.openSlide(join(folder, 'slide.png'), 0.25))).toMatchObject({
    ok: false,
    failure: { kind: 'closed' },
  })
})

test('a project that cannot be opened leaves the open one unchanged', async () => {
  const host = await temporaryHost()
  const client = clientOf(host)
  const taken = emptyProject(host.folder, 'taken')
  const elsewhere = openProject(taken)
  onTestFinished(() => elsewhere.close())
  writeFileSync(join(host.folder, 'not.karyon'), 'not a project')
  for (const [name, kind] of [
    ['taken', 'busy'],
    ['not', 'unreadable'],
    ['missing', 'not-found'],
  ])
    expect(
      await client.projects.open({ path: join(host.folder, `${name}.karyon`) }).catch((e: unknown) => e),
    ).toMatchObject({ data: { kind } })
  expect(await client.state()).toMatchObject({ project: { name: 'study', opening: 1 } })
  expect(await client.projects.open({ path: join(host.folder, 'study.karyon') })).toEqual({ opening: 1 })
  await client.labels.set({ slideId: 1, nucleusIds: [host.context.project.nuclei.heads(1).id[0]], classId: 1 })
})

test('after switching back and forth, each project is as it was left', async () => {
  const host = await temporaryHost()
  const client = clientOf(host)
  const { path: study } = (await client.state()).project
  const left = await client.state()
  await client.projects.create({ folder: host.folder, name: 'second' })
  expect(await client.projects.open({ path: study })).toEqual({ opening: 3 })
  const { project, ...found } = await client.state()
  expect(project).toMatchObject({ path: study, opening: 3 })
  expect(found.slides.map(({ nuclei }) => nuclei)).toEqual(left.slides.map(({ nuclei }) => nuclei))
  expect(found.steps).toEqual(left.steps)
})

test('recent projects are listed newest first; missing ones are marked and can be removed', async () => {
  const host = await temporaryHost()
  const client = clientOf(host)
  await client.projects.create({ folder: host.folder, name: 'second' })
  await client.projects.create({ folder: host.folder, name: 'third' })
  renameSync(join(host.folder, 'second.karyon'), join(host.folder, 'away'))
  const seen = async () => (await client.projects.recent()).map(({ name, there }) => [name, there])
  expect(await seen()).toEqual([
    ['third', true],
    ['second', false],
    ['study', true],
  ])
  await client.projects.open({ path: join(host.folder, 'study.karyon') })
  await client.projects.forget({ path: join(host.folder, 'second.karyon') })
  expect(await seen()).toEqual([
    ['study', true],
    ['third', true],
  ])
})

test('a damaged list of recent projects is renamed and a new one is begun; a list that cannot be written does no harm', async () => {
  const home = temporaryFolder()
  const told: string[] = []
  const recent = new RecentProjects(home, (complaint) => told.push(inEnglish(complaint)))
  expect(await recent.list()).toEqual([])
  expect(told).toEqual([])
  for (const damaged of ['{ "projects": [', '[]', '{"projects":[{"path":7}]}']) {
    writeFileSync(join(home, 'recent.json'), damaged)
    expect(await recent.list()).toEqual([])
    expect(told.splice(0).join()).toMatch(/^The list of recent projects was damaged.+recent\.damaged\.json\.$/)
    expect(readFileSync(join(home, 'recent.damaged.json'), 'utf8')).toBe(damaged)
  }
  await Promise.all(['a', 'b', 'a'].map((name) => recent.add(join(home, name))))
  expect((await recent.list()).map(({ name }) => name)).toEqual(['a', 'b'])
  rmSync(home, { recursive: true })
  writeFileSync(home, 'a file where the folder should be')
  await recent.add('c')
  expect(told.splice(0).join()).toContain('Could not')
  rmSync(home)
})

async function slideIn(folder: string): Promise<string> {
  const path = join(folder, 'slide.png')
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#e0c0d0' } })
    .png()
    .toFile(path)
  return path
}

async function hostWith(folder: string, before: Parameters<typeof fakeEngine>[0]) {
  const page = join(folder, 'page')
  mkdirSync(page)
  const options = { page, appFolder: join(folder, 'home'), builtInModels: join(folder, 'none'), version: '0.0.0' }
  mkdirSync(options.builtInModels)
  await writeModel(join(options.builtInModels, 'tiny'), { title: 'Tiny', classes: ['round', 'long'], lineage: [] })
  const host = await startHost({
    ...options,
    project: join(folder, 'first.karyon'),
    startEngine: () => fakeEngine(before).engine,
  })
  onTestFinished(() => host.close())
  return { host, other: emptyProject(folder, 'other') }
}
