import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import sharp from 'sharp'
import { openProject } from '../../electron/store/index.ts'
import {
  answerDialogs,
  findShell,
  giveAway,
  openDisplay,
  ownFolder,
  processesBelow,
  removeFolder,
  startDesktop,
  startSecond,
  type Desktop,
  type Shell,
} from './desktop.ts'

test.describe.configure({ mode: 'serial' })

const prepared = ownFolder('shell')
const found = await findShell(prepared)
giveAway(prepared)
test.skip('missing' in found, 'missing' in found ? found.missing : '')
const shell = found as Shell

const home = ownFolder('desktop')
const demo = join(home, 'karyon', 'demo', 'demo.karyon')
let display: Awaited<ReturnType<typeof openDisplay>>
let desktop: Desktop

/** Chromium has a camera to deny, also where the machine has none. */
const start = (...args: string[]) =>
  startDesktop({ shell, display: display.name, home, args: ['--use-fake-device-for-media-stream', ...args] })
const total = (page: Page) => page.getByTestId('total')
const choose = (id: string) =>
  desktop.app.evaluate(({ Menu }, wanted) => Menu.getApplicationMenu()?.getMenuItemById(wanted)?.click(), id)

/** Writes the demo slide turned over, which makes it another slide. */
async function turned(name: string): Promise<string> {
  const path = join(home, name)
  const picture = sharp(join(home, 'karyon', 'demo', 'demo.tif'))
  await (name.startsWith('flip') ? picture.flip() : picture.flop())
    .tiff({ tile: true, pyramid: true, compression: 'jpeg', xres: 4000, yres: 4000 })
    .toFile(path)
  giveAway(path)
  return path
}

test.beforeAll(async () => {
  display = await openDisplay()
  process.stdout.write(`The desktop's tests run in ${shell.name}.\n`)
})
test.afterAll(async () => {
  await desktop?.quit()
  display?.close()
  removeFolder(home)
  removeFolder(prepared)
})

test.afterEach(async () => {
  if (!desktop) return
  const page = desktop.page.isClosed() ? '' : await desktop.page.screenshot().catch(() => '')
  if (page) await test.info().attach('page', { body: page, contentType: 'image/png' })
  await test.info().attach('terminal', { body: desktop.output(), contentType: 'text/plain' })
  if (test.info().status !== test.info().expectedStatus) process.stdout.write(desktop.output())
})

test('the first start opens a window on the demo slide, and its nuclei are found and classified', async () => {
  desktop = await start()
  const { page, app } = desktop
  await expect(page.getByTestId('slide')).toContainText('demo.tif', { timeout: 90_000 })
  await expect.poll(() => desktop.output(), { timeout: 3 * 60_000 }).toMatch(/Counts: .*epithelial/)
  await expect(total(page)).toHaveText(/^[\d,]{4,}$/)
  await expect(page).toHaveTitle('demo – Karyon')
  const sandboxed = await app.evaluate(({ app, BrowserWindow }) => ({
    isVisible: BrowserWindow.getAllWindows()[0].isVisible(),
    versions: `Electron ${process.versions.electron}, Chromium ${process.versions.chrome}`,
    name: app.getName(),
  }))
  expect(sandboxed.isVisible).toBe(true)
  process.stdout.write(`${sandboxed.versions} has opened the window.\n`)
  expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe('undefined')
  await page.screenshot({ path: test.info().outputPath('window.png') })
})

test('the menu makes, opens and lists projects, with native dialogs', async () => {
  const { page } = desktop
  mkdirSync(join(home, 'studies'))
  giveAway(join(home, 'studies'))
  await answerDialogs(desktop, { save: join(home, 'studies', 'Gastric.karyon'), open: demo })
  await choose('create')
  await expect(page).toHaveTitle('Gastric – Karyon')
  await choose('open')
  await expect(page).toHaveTitle('demo – Karyon')
  expect(desktop.output()).toMatch(/dialog save: .*"karyon"/)
  expect(desktop.output()).toMatch(/dialog open: .*"karyon"/)
  await choose('recent')
  await expect(page.getByTestId('recent-project')).toHaveCount(2)
  await page.keyboard.press('Escape')
})

test('a dropped slide is opened from where it lies', async () => {
  const { page } = desktop
  const slide = await turned('flop.tif')
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [slide], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data })
  await expect(page.getByTestId('slide')).toHaveCount(2)
  await expect(page.getByTestId('slide').nth(1)).toContainText('flop.tif')
})

test('a second start brings the window to the front, opens its file there and ends', async () => {
  const { page, app } = desktop
  await app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    const focus = window.focus.bind(window)
    window.focus = () => {
      console.log('window focused')
      focus()
    }
  })
  const slide = await turned('flip.tif')
  expect(await startSecond({ shell, display: display.name, home, args: [slide] })).toBe(0)
  await expect(page.getByTestId('slide')).toHaveCount(3)
  await expect(page.getByTestId('slide').nth(2)).toContainText('flip.tif')
  expect(desktop.output()).toContain('window focused')
  const study = join(home, 'studies', 'Gastric.karyon')
  expect(await startSecond({ shell, display: display.name, home, args: [study] })).toBe(0)
  await expect(page).toHaveTitle('Gastric – Karyon')
  await answerDialogs(desktop, { open: demo })
  await choose('open')
  await expect(page).toHaveTitle('demo – Karyon')
})

test('after the engine is killed, the next job starts a new one', async () => {
  const { page, app } = desktop
  const engines = () => processesBelow(app.process().pid ?? 0, 'engine')
  await page.getByTestId('slide').nth(1).click()
  await page.getByTestId('detect').click()
  const job = page.locator('[data-testid=job][data-kind=detect]').first()
  await expect(job).toHaveAttribute('data-state', 'running')
  await expect.poll(engines).not.toEqual([])
  const before = engines()
  for (const pid of before) process.kill(pid, 'SIGKILL')
  await expect(job).toHaveAttribute('data-state', 'failed')
  await page.getByTestId('detect').click()
  await expect(job).toHaveAttribute('data-state', 'done', { timeout: 2 * 60_000 })
  expect(engines().some((pid) => before.includes(pid))).toBe(false)
})

test('the settings open the log folder, and the logs say when the computer slept', async () => {
  const { page, app } = desktop
  await app.evaluate(({ shell, powerMonitor }) => {
    shell.openPath = async (path) => {
      console.log(`opened: ${path}`)
      return ''
    }
    powerMonitor.emit('suspend')
  })
  await page.getByTestId('open-settings').click()
  await page.getByTestId('open-logs').click()
  const logs = join(home, 'karyon', 'logs')
  await expect.poll(() => desktop.output()).toContain(`opened: ${logs}`)
  expect(readFileSync(join(logs, 'shell.log'), 'utf8')).toContain('the computer goes to sleep')
  expect(readFileSync(join(logs, 'host.log'), 'utf8')).not.toBe('')
  await page.getByTestId('close-settings').click()
})

test('the page gets no permission, goes nowhere else and opens no other window', async () => {
  const { page, app } = desktop
  const denied = await page.evaluate(async () => {
    const place = await new Promise((told) =>
      navigator.geolocation.getCurrentPosition(
        () => told('given'),
        ({ code }) => told(code),
      ),
    )
    const camera = await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      ({ name }: Error) => name,
    )
    return { place, camera, notifications: await Notification.requestPermission() }
  })
  expect(denied).toEqual({ place: 1, camera: 'NotAllowedError', notifications: 'denied' })
  const before = page.url()
  expect(await page.evaluate(() => window.open('https://example.org/') === null)).toBe(true)
  await page.evaluate(() => {
    const link = document.createElement('a')
    link.href = 'https://example.org/'
    document.body.append(link)
    link.click()
  })
  await page.waitForTimeout(1000)
  expect(page.url()).toBe(before)
  expect(app.windows()).toHaveLength(1)
})

test('a graphics driver that fails leads to a question, and the next start draws without it', async () => {
  const { app } = desktop
  await answerDialogs(desktop, { button: 0 })
  await app.evaluate(({ app }) => {
    app.relaunch = (options) => console.log(`relaunch: ${JSON.stringify(options)}`)
    const gpu = app.getAppMetrics().find(({ type }) => type === 'GPU')
    process.kill(gpu?.pid ?? 0, 'SIGSEGV')
  })
  await desktop.ended()
  expect(desktop.output()).toMatch(/dialog question: .*graphics driver failed/)
  expect(desktop.output()).toMatch(/relaunch: .*"--disable-gpu"/)
  desktop = await start('--disable-gpu')
  await expect(desktop.page.getByTestId('notice').filter({ hasText: 'without the graphics card' })).toBeVisible()
})

test('labels are saved though the window is closed in the same moment', async () => {
  const { page, app } = desktop
  await expect(total(page)).toHaveText(/^[\d,]{4,}$/)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('Alt+ArrowRight')
    await page.keyboard.press('2')
  }
  await app.evaluate(({ BrowserWindow }) => void setImmediate(() => BrowserWindow.getAllWindows()[0].close()))
  expect(await desktop.ended()).toBe(0)
  const file = openProject(demo)
  expect(file.labels.count(file.classes.all()[1].id)).toBe(5)
  file.close()
})

test('a host that ends leaves a message, and Karyon ends too', async () => {
  desktop = await start()
  await answerDialogs(desktop, {})
  const [host] = processesBelow(desktop.app.process().pid ?? 0, 'hostProcess')
  process.kill(host, 'SIGKILL')
  expect(await desktop.ended()).toBe(1)
  expect(desktop.output()).toMatch(/dialog error: .*Karyon stopped.*Labels are safe/)
})

test('the menu quits Karyon', async () => {
  desktop = await start(demo)
  await expect(desktop.page).toHaveTitle('demo – Karyon')
  await choose('quit').catch(() => undefined)
  expect(await desktop.ended()).toBe(0)
})
