import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ContractRouterClient } from '@orpc/contract'
import { chromium, type Page } from '@playwright/test'
import { program } from 'commander'
import sharp from 'sharp'
import { inEnglish, type api } from '../electron/contract/index.ts'
import { makeDemo } from '../electron/demo/index.ts'
import { logFolder } from '../electron/launch/logs.ts'
import { browserFlags, browserPath } from './findBrowser.ts'
import { serveChild } from './serveChild.ts'

/**
 * `npm run soak -- --minutes 120`: works in a real browser for a long time (pan, zoom, label, undo, retrain, switch slides,
 * switch projects) and tells how each process's memory drifts after a warm-up, and what the log complains of. Ends with
 * code 1 if a process drifts by 10 % or more, or anything was complained of. Linux only: memory is read from /proc.
 */

type Client = ContractRouterClient<typeof api>
/** Resident memory by process, MB, at a time in minutes. */
interface Sample {
  readonly minute: number
  readonly round: number
  readonly mb: Readonly<Record<string, number>>
}

const mostDrift = 0.1
const roundsPerProject = 4

/** Returns the resident memory below a process by what the processes are, MB. Processes of one kind are added up. */
function memoryBelow(root: number): Record<string, number> {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return [{ pid: Number(pid), parent: number('PPid'), mb: number('VmRSS') / 1024, command }]
      } catch {
        return [] // it ended meanwhile
      }
    })
  const below = new Set([root])
  for (let before = 0; before !== below.size;) {
    before = below.size
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid)
  }
  const sums: Record<string, number> = {}
  for (const { pid, mb, command } of processes) {
    if (!below.has(pid) || pid === root || mb === 0) continue
    const kind = kindOf(command)
    if (kind) sums[kind] = (sums[kind] ?? 0) + mb
  }
  return sums
}

function kindOf(command: string): string | undefined {
  if (/engine\/main/.test(command)) return 'engine'
  if (/cli\.(ts|js) serve/.test(command)) return 'host'
  if (/--type=renderer/.test(command)) return 'page'
  if (/--type=gpu-process/.test(command)) return "browser's graphics"
  return /--type=|--headless/.test(command) && !/--type=(zygote|utility)/.test(command) ? 'browser' : undefined
}

/** Slope of the least-squares line through the samples, times their span, as a share of their mean. */
function drift(points: readonly (readonly [minute: number, mb: number])[]): number {
  const mean = (k: 0 | 1) => points.reduce((sum, point) => sum + point[k], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  const below = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
  const span = points[points.length - 1][0] - points[0][0]
  return below === 0 ? 0 : ((above / below) * span) / y
}

async function pan(page: Page): Promise<void> {
  const box = await page.getByTestId('stage').boundingBox()
  if (!box) throw new Error('The page has no stage.')
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.wheel(0, -400)
  await page.mouse.down()
  for (let k = 0; k < 40; k++) await page.mouse.move(x + 150 * Math.cos(k / 6), y + 150 * Math.sin(k / 6))
  await page.mouse.up()
  await page.mouse.wheel(0, 400)
  await page.waitForTimeout(300)
}

/** Waits until no job of the open project is waiting or running, and throws what a job failed with. */
async function idle(client: Client): Promise<void> {
  for (;;) {
    const { jobs } = await client.state()
    const failed = jobs.find(({ state }) => state === 'failed')
    if (failed) throw new Error(`${inEnglish(failed.title)}: ${inEnglish(failed.message ?? failed.title)}`)
    if (!jobs.some(({ state }) => state === 'running' || state === 'waiting')) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** One round of what a reader does with the slide that is open at `place` in the list. */
async function work(page: Page, client: Client, place: number, round: number): Promise<void> {
  await page.getByTestId('slide').nth(place).click()
  await page.waitForSelector('[data-testid=overlay]:not([data-level=none])', { timeout: 60_000 })
  await pan(page)
  const { slides, classes } = await client.state()
  const slideId = slides[place].id
  const { nucleusIds } = await client.nuclei.find({ slideId, where: {}, limit: 2_000 })
  for (let k = 0; k < 10; k++) {
    const one = nucleusIds[(round * 37 + k * 11) % nucleusIds.length]
    await client.labels.set({ slideId, nucleusIds: [one], classId: classes[k % classes.length].id })
  }
  await client.labels.undo({})
  await client.labels.redo({})
  await pan(page)
  if (round % 3 === 2) await client.training.start({ method: 'head' })
  await idle(client)
}

async function soak(minutes: number): Promise<boolean> {
  const home = await mkdtemp(join(tmpdir(), 'karyon-soak-'))
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const { slide } = await makeDemo(join(home, 'slides'))
  const mirrored = join(home, 'slides', 'mirrored.tif')
  await sharp(slide)
    .flop()
    .tiff({ tile: true, pyramid: true, compression: 'jpeg', xres: 4000, yres: 4000 })
    .toFile(mirrored)
  await mkdir(join(home, 'projects'))
  const projects = ['first', 'second'].map((name) => join(home, 'projects', `${name}.karyon`))
  const karyon = await serveChild(home, '--project', projects[0])
  const browser = await chromium.launch({ executablePath: await browserPath(), args: [...browserFlags] })
  const complaints: string[] = []
  const logged = () =>
    readFileSync(join(logFolder({ KARYON_HOME: home }), 'host.log'), 'utf8')
      .split('\n')
      .filter((line) => / error /.test(line))
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US' })
    const page = await context.newPage()
    const devTools = await context.newCDPSession(page)
    page.on('pageerror', (error) => complaints.push(`page: ${error.message}`))
    page.on(
      'console',
      (said) => said.type() === 'error' && complaints.push(`page: ${said.text()} ${said.location().url}`),
    )
    await page.goto(karyon.link.href)
    const { origin } = karyon.link
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const client: Client = createORPCClient(new RPCLink({ url: `${origin}/rpc`, headers: { cookie } }))
    /** Shows a project. The page follows the host by itself, which may interrupt this. */
    const show = async (path: string) => {
      await page.goto(`${origin}/?drawer=canvas`).catch(() => page.waitForLoadState())
      await page.waitForFunction((name) => document.title.startsWith(name), basename(path, '.karyon'))
    }
    for (const path of projects) {
      if (path === projects[0]) await client.projects.open({ path })
      else await client.projects.create({ folder: join(home, 'projects'), name: 'second' })
      for (const file of [slide, mirrored]) {
        const { slideId } = await client.slides.open({ path: file })
        await client.nuclei.detect({ slideId })
        await client.nuclei.classify({ slideId })
      }
      await idle(client)
    }
    await show(projects[1])
    const began = performance.now()
    const minute = () => (performance.now() - began) / 60_000
    const samples: Sample[] = []
    for (let round = 0; minute() < minutes; round++) {
      if (round % roundsPerProject === 0) {
        const path = projects[(round / roundsPerProject) % projects.length]
        // A page of the project that is left would ask for what is no longer open.
        await page.goto('about:blank')
        await client.projects.open({ path, stopWork: true })
        await show(path)
      }
      await work(page, client, round % 2, round)
      // A browser without need for memory collects no garbage and keeps caches: what stays after both is what matters.
      await devTools.send('HeapProfiler.collectGarbage')
      await devTools.send('Memory.simulatePressureNotification', { level: 'critical' })
      samples.push({ minute: minute(), round, mb: memoryBelow(process.pid) })
    }
    const warm = samples.filter((one) => one.minute > minutes / 4)
    if (warm.length < 8) throw new Error(`Only ${warm.length} rounds after the warm-up: soak for longer.`)
    say(
      `${samples.length} rounds in ${minute().toFixed(1)} min; ${warm.length} after a warm-up of ${(minutes / 4).toFixed(1)} min.`,
    )
    say('process               first MB  last MB  most MB   drift')
    let isSteady = true
    for (const kind of new Set(warm.flatMap(({ mb }) => Object.keys(mb)))) {
      // An engine starts with the first call to it, so that not every sample has one.
      const points = warm.flatMap(({ minute, mb }) => (mb[kind] === undefined ? [] : [[minute, mb[kind]] as const]))
      const sizes = points.map(([, mb]) => mb)
      const share = points.length < 8 ? NaN : drift(points)
      isSteady &&= !(share >= mostDrift)
      const cells = [sizes[0], sizes[sizes.length - 1], Math.max(...sizes)].map((mb) => mb.toFixed(0).padStart(9))
      say(`${kind.padEnd(21)}${cells.join('')}${(100 * share).toFixed(1).padStart(7)} %`)
    }
    complaints.push(...logged())
    say(complaints.length === 0 ? 'Nothing was complained of.' : `Complaints:\n${complaints.join('\n')}`)
    return isSteady && complaints.length === 0
  } catch (error) {
    say(`Stopped. Complaints before that:\n${[...complaints, ...logged()].join('\n')}`)
    throw error
  } finally {
    await browser.close()
    await karyon.close()
    await rm(home, { recursive: true, force: true })
  }
}

program.requiredOption('--minutes <n>', 'how long to work', Number).parse()
const { minutes } = program.opts<{ minutes: number }>()
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0.')
process.exitCode = (await soak(minutes)) ? 0 : 1
